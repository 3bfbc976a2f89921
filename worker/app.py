"""The Celery worker of an installation: `celery --app worker.app worker --queues matching,mail`."""

from __future__ import annotations

import sys
import threading
from typing import Any

from celery import signals

from mentorship import logs
from mentorship.errors import PreceptorError
from mentorship.service import queue
from mentorship.service.processes import end_with_parent, look_for_garbage_seldom
from mentorship.service.queue import Job
from worker import service

look_for_garbage_seldom()
try:
    settings = service.settings()
except PreceptorError as error:
    sys.exit(f"preceptor worker: {error}")
app = queue.make_celery(settings)
app.conf.update(
    include=["worker.tasks"],
    # A message is acknowledged before its job runs: a sweep rings again for what a worker loses.
    # Late acknowledgement would add doubles, and these two turn a job that kills its worker into an
    # endless loop.
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    task_retry_on_worker_lost=False,
    # A message that a busy worker holds in advance waits while another worker is idle.
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    # A forked child of a process that has used OpenMP may hang.
    worker_pool_start_method="spawn",
    # By default one that needs more than 4 s to start is killed, on a busy machine without end.
    worker_proc_alive_timeout=60.0,
    # What leaks, leaks no further. A new child takes a second of processor, so not too often.
    worker_max_tasks_per_child=2_000,
    worker_max_memory_per_child=400_000,  # KiB; the solver is a process of its own
    # Our own handlers say what is logged, and in which form.
    worker_hijack_root_logger=False,
    # Nothing asks workers over Redis: signs of life are rows.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    # Jobs outlive Redis: their rows are in the database.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # A Redis that is away, now or at the start, is waited for.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # No soft shutdown: a worker finishes what it has, or is killed, which is tested.
    worker_soft_shutdown_timeout=0.0,
    # In memory: no file that may be broken, and no backlog of sweeps after a rest.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        "sweep": {
            "task": Job.SWEEP.value,
            "schedule": settings.sweep_seconds,
            # A sweep that waited as long as the next one has nothing left to do. Where sweeping
            # takes longer than that, emails must not wait until there is no sweep left.
            "options": {"expires": settings.sweep_seconds, "priority": queue.LATER},
        }
    },
)


@signals.celeryd_init.connect
def _check_secrets(options: dict[str, Any], **kwargs: Any) -> None:
    """End a worker that sends emails without the key that signs their links; others need none."""
    queues = options.get("queues")
    if not queues or "mail" in queues:
        try:
            settings.require("secret_key")
        except PreceptorError as error:
            sys.exit(f"preceptor worker: {error}")


@signals.setup_logging.connect
def _set_up_logging(**kwargs: Any) -> None:
    logs.set_up(settings)


# Not only once Redis lets it work: a Redis that is away or refuses at the start is waited for.
@signals.celeryd_after_setup.connect
def _keep_time(instance: Any, **kwargs: Any) -> None:
    """Sweep and give a sign of life from this process too, so that no sweep depends on beat."""
    queues = list(instance.app.amqp.queues.consume_from)
    threading.Thread(target=service.keep_time, args=(app, queues), daemon=True).start()


@signals.beat_init.connect
def _give_signs_of_life(**kwargs: Any) -> None:
    threading.Thread(target=service.give_signs_of_life, args=(["beat"],), daemon=True).start()


@signals.worker_process_init.connect
def _end_with_worker(**kwargs: Any) -> None:
    end_with_parent()
    threading.Thread(target=service.give_back_connections, daemon=True).start()
