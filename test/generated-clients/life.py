"""The whole life of a job by a client that openapi-python-client generated: life.py URL KEY. Prints what came of each step."""

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from io import BytesIO
from uuid import UUID

from jobline_client import AuthenticatedClient, Client
from jobline_client.api.default import (
    delete_v1_jobs_job_id as delete,
    get_v1_jobs as list_jobs,
    get_v1_jobs_job_id as get,
    get_v1_jobs_job_id_events as events,
    get_v1_jobs_job_id_explain as explain,
    get_v1_jobs_job_id_outputs as outputs,
    get_v1_jobs_job_id_outputs_name as download,
    get_v1_jobs_job_id_status as status,
    get_v1_jobs_job_id_timeline as timeline,
    get_v1_uploads_upload_id as get_upload,
    post_v1_jobs as submit,
    post_v1_jobs_batch as submit_batch,
    post_v1_jobs_job_id_cancel as cancel,
    post_v1_jobs_job_id_retry as retry,
    post_v1_uploads as upload,
)
from jobline_client.models import BatchJob, JobBatch, JobRequest, Problem, RetryRequest
from jobline_client.types import UNSET, File

url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
rows = {"rows": [{"city": "Wien", "price": 10}]}
said = {}


def problem(answer):
    assert isinstance(answer.parsed, Problem), answer
    return [answer.parsed.status, answer.parsed.code]


def until_ended(job_id):
    for _ in range(300):
        now = status.sync(client=client, job_id=str(job_id))
        assert 0 <= now.progress <= 100 and now.job_id == job_id and isinstance(now.job_id, UUID)
        if now.status in ("COMPLETED", "FAILED", "CANCELED", "EXPIRED"):
            return now.status
        time.sleep(0.1)
    raise TimeoutError(now)


said["without_key"] = problem(list_jobs.sync_detailed(client=Client(base_url=url)))
said["wrong"] = problem(submit.sync_detailed(client=client, body=JobRequest(type_="report", input_={"rows": 1})))

stored = upload.sync(client=client, filename="prices.csv", body=File(payload=BytesIO(b"city,price\nWien,10\n")))
assert stored.filename == "prices.csv" and isinstance(stored.expire_at, datetime)
said["upload"] = get_upload.sync(client=client, upload_id=str(stored.upload_id)).size_bytes

request = JobRequest(
    type_="report", input_={"upload_id": str(stored.upload_id)}, options={"formats": ["html"]}, tags=["generated"]
)
made = submit.sync_detailed(client=client, body=request, idempotency_key="life-1")
again = submit.sync_detailed(client=client, body=request, idempotency_key="life-1")
job_id = made.parsed.job_id
said["submit"] = [int(made.status_code), made.parsed.status]
said["repeat"] = [int(again.status_code), again.parsed.job_id == job_id]
said["end"] = until_ended(job_id)
job = get.sync(client=client, job_id=str(job_id))
said["job"] = [job.status, job.type_, job.run, job.tags]
said["outputs"] = [one.name for one in outputs.sync(client=client, job_id=str(job_id)).outputs]
file = download.sync(client=client, job_id=str(job_id), name="report.html")
said["download"] = b"Wien" in file.payload.read()
said["timeline"] = len(timeline.sync(client=client, job_id=str(job_id)).events) > 2
said["explain"] = len(explain.sync(client=client, job_id=str(job_id)).summary) > 10
said["events"] = '"status":"COMPLETED"' in events.sync(client=client, job_id=str(job_id))
said["cancel_ended"] = problem(cancel.sync_detailed(client=client, job_id=str(job_id)))

later = datetime.now(timezone.utc) + timedelta(hours=1)
batch = submit_batch.sync(
    client=client,
    body=JobBatch(jobs=[
        BatchJob(type_="report", input_=rows, run_at=later),
        BatchJob(type_="report", input_=rows),
        BatchJob(type_="report", input_={}),
    ]),
)
said["batch"] = [one.status for one in batch.results]
said["batch_problem"] = batch.results[2].error.code
waiting = batch.results[0].job_id
said["scheduled"] = get.sync(client=client, job_id=str(waiting)).status
said["cancel"] = cancel.sync(client=client, job_id=str(waiting)).status
said["retry"] = retry.sync(client=client, job_id=str(waiting), body=RetryRequest()).status != "CANCELED"
said["retried"] = until_ended(waiting)
until_ended(batch.results[1].job_id)

page = list_jobs.sync(client=client, limit="2")
said["list"] = [len(page.jobs), page.next_page_token is not UNSET]
said["next"] = len(list_jobs.sync(client=client, page_token=page.next_page_token).jobs)
said["search"] = [one.job_id == job_id for one in list_jobs.sync(client=client, q="tag:generated state:completed").jobs]

gone = delete.sync_detailed(client=client, job_id=str(job_id))
said["delete"] = int(gone.status_code)
said["gone"] = problem(get.sync_detailed(client=client, job_id=str(job_id)))
print(json.dumps(said))
