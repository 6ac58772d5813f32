"""Celery's part of the benchmark: two tasks in a chain, and a client that reads orders from standard input."""

import atexit
import json
import os
import sys
import threading

from celery import Celery, chain
from celery.signals import worker_process_init
from kombu import Queue

QUORUM = {"x-queue-type": "quorum"}

app = Celery("bench", broker=os.environ["BENCH_RABBITMQ"], backend=os.environ["BENCH_MONGODB"])
app.conf.update(
    task_queues=[Queue(name, durable=True, queue_arguments=QUORUM) for name in ("p1", "p2")],
    task_routes={"p1": {"queue": "p1"}, "p2": {"queue": "p2"}},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=100,
    worker_detect_quorum_queues=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_transport_options={"confirm_publish": True},
    mongodb_backend_settings={"database": "celery", "taskmeta_collection": "taskmeta"},
)


class ExecutionLog:
    """The same as the other contenders' (execution-log.ts): a number a line, a file a stage and process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._pending = {}
        self._timer = None

    def note(self, stage, n):
        with self._lock:
            self._pending.setdefault(stage, []).append(n)
            if self._timer is None:
                self._timer = threading.Timer(0.025, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self):
        with self._lock:
            self._timer = None
            for stage, numbers in self._pending.items():
                path = os.path.join(os.environ["BENCH_EXECUTIONS"], f"{stage}-{os.getpid()}")
                with open(path, "a", encoding="ascii") as file:
                    file.write("".join(f"{n}\n" for n in numbers))
            self._pending = {}


log = ExecutionLog()
worker_process_init.connect(lambda **_: atexit.register(log.flush), weak=False)


@app.task(name="p1")
def p1(payload):
    log.note("p1", payload["n"])
    return payload


@app.task(name="p2")
def p2(payload):
    log.note("p2", payload["n"])
    return payload["n"]


def id_of(n):
    return f"job-{n}"


def submit(job):
    chain(p1.s(job["payload"]), p2.s().set(task_id=id_of(job["n"]))).apply_async()


def serve():
    """An order a line: {"id", "jobs"}; the answer names its id once all jobs are confirmed by the broker."""
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            for job in order["jobs"]:
                submit(job)
            answer = {"id": order["id"]}
        except Exception as error:
            answer = {"id": order["id"], "error": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
