"""How ``starter`` was trained and measured; `python -m plugins.encoders.starter.training --help`.

Needed for training only, and nothing else imports it.
"""
