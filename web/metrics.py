"""What the server did, and how it is, for Prometheus."""

from flask import Blueprint, Response

from web.site import site

blueprint = Blueprint("metrics", __name__)

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """For Prometheus."""
    catalog, service = site().engine.library.catalog, site().service
    jobs = [] if service is None else [job for job in service.status.jobs if not job.state.is_over]
    gauges = {
        "shotseek_videos": ("Videos in the library.", catalog.count_videos()),
        "shotseek_problems": ("Files that could not be indexed, or not wholly.", catalog.count_problems()),
        "shotseek_index_jobs": ("Jobs of indexing under way or waiting.", len(jobs)),
        "shotseek_index_files": (
            "Files that they still have to do.",
            sum(max(0, job.total - job.done) for job in jobs),
        ),
    }
    return Response("".join(f"{line}\n" for line in site().metrics.lines(gauges)), content_type=TYPE)
