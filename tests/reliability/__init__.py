"""The promises about the data: what survives crashes, full disks, damage, many processes, and long runs."""
