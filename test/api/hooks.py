"""What schemathesis has no option for (npm run test:schemathesis)."""

import json

import jsonschema_rs
import schemathesis

PROBLEM = {"$ref": "#/components/responses/Problem"}
# What any path may answer: a path or thing that is not there, a method, an Accept header that it has no answer for.
EVERYWHERE = ("404", "405", "406")
JOBS = ("/v1/jobs", "/v1/jobs:batch")
CALENDARS = ("/admin/v1/batch-rules", "/admin/v1/windows/")
REAL_WORDS = {"cron": "0 3 * * *", "time_zone": "Europe/Berlin", "query": "state:failed age:>1d"}
ROWS = {"rows": [{"city": "Wien", "price": 10}, {"city": "Graz", "price": 7.5}]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """`default` would make every status a documented one: only what stands by its number is."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            answers.pop("default")
            for status in EVERYWHERE:
                answers.setdefault(status, PROBLEM)


def with_real_type(job):
    """Any name is a job type by the document, and few are one: half of those that are right become one that runs."""
    name = job.get("type") if isinstance(job, dict) else None
    if isinstance(name, str) and 1 <= len(name) <= 100 and len(name) % 2 == 1 and "input" in job:
        return {**{key: value for key, value in job.items() if key != "options"}, "type": "report", "input": ROWS}
    return job


def with_real_words(body):
    """Few texts are a cron expression, a time zone or a search: half of the bodies get some, where theirs are right by the document."""
    if not isinstance(body, dict) or len(json.dumps(body)) % 2 == 0:
        return body
    action = body.get("action")
    job = action.get("job") if isinstance(action, dict) else None
    real = {name: REAL_WORDS[name] for name, text in body.items() if name in REAL_WORDS and isinstance(text, str) and len(text) in range(1, 101)}
    return {**body, **real, **({"action": {**action, "job": with_real_type(job)}} if job is not None else {})}


@schemathesis.hook
def map_body(context, body):
    if context.operation.path.startswith(CALENDARS):
        return with_real_words(body)
    if context.operation.path not in JOBS:
        return body
    if isinstance(body, dict) and isinstance(body.get("jobs"), list):
        return {**body, "jobs": [with_real_type(job) for job in body["jobs"]]}
    return with_real_type(body)


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    """The document describes a line: as many as there are values."""
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@schemathesis.check
def ndjson_lines(context, response, case):
    """Each line of an NDJSON answer is what the document says of a line."""
    media_type = response.headers.get("content-type", [""])[0].split(";")[0]
    if media_type != "application/x-ndjson":
        return
    document = case.operation.schema.raw_schema
    line_schema = case.operation.definition.raw["responses"]["200"]["content"][media_type]["schema"]
    validator = jsonschema_rs.validator_for({**line_schema, "components": document["components"]})
    for line in response.text.splitlines():
        validator.validate(json.loads(line))
