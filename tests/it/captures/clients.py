"""Has real clients ask a server, through a recorder: all that they send is kept in this folder.

    python clients.py --to 8000 --key cel_...

Needs a server on this machine, and a key of its own with the scopes read and predict. Prints what
each client makes of its answers.
"""

import argparse
import asyncio
import json
import pathlib

import numpy
import pandas
import replicate
import requests
import tritonclient.http as triton
import tritonclient.http.auth
from kserve import InferenceRESTClient, RESTConfig
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from recorder import Recorder, basic

HERE = pathlib.Path(__file__).parent
DATA = HERE / "../../../data/winequality-red.csv"


def soured(wines, ph):
    """The same wines, the second of which has this pH."""
    return wines.assign(pH=[wines.pH[0], ph])


def mlflow(recorder, port, key, wines):
    """MLflow has no word for a credential: it goes where its HTTP library looks for one."""

    def at(model, who=f"cellar:{key}@"):
        return ScoringServerClient(f"{who}localhost", f"{port}/api/models/{model}")

    wine = at("wine")
    recorder.record("mlflow-ping", wine.ping)
    recorder.record("mlflow-version", wine.get_version)
    recorder.record("mlflow-split", lambda: wine.invoke(wines).get_predictions())
    recorder.record("mlflow-array", lambda: wine.invoke(wines.to_numpy()).get_predictions())
    recorder.record("mlflow-params", lambda: wine.invoke(wines, params={}).get_predictions())
    # What is a text already is sent as it is.
    records = json.dumps({"dataframe_records": wines.to_dict(orient="records")})
    recorder.record("mlflow-records", lambda: wine.invoke(records).get_predictions())
    instances = json.dumps({"instances": wines.to_dict(orient="records")})
    recorder.record("mlflow-instances", lambda: wine.invoke(instances).get_predictions())
    columns = json.dumps({"inputs": wines.to_dict(orient="list")})
    recorder.record("mlflow-columns", lambda: wine.invoke(columns).get_predictions())
    recorder.record("mlflow-bad-row", lambda: wine.invoke(soured(wines, 15)))
    recorder.record("mlflow-missing-value", lambda: wine.invoke(soured(wines, None)))
    recorder.record("mlflow-unknown-model", lambda: at("beer").invoke(wines))
    recorder.record("mlflow-unknown-model-ping", at("beer").ping)
    recorder.record("mlflow-missing-key", lambda: at("wine", "").invoke(wines))


def table(recorder, port, key, wines):
    """MLflow's client sends no CSV; its documentation does so by hand."""
    url = f"http://localhost:{port}/api/models/wine/invocations"

    def post(table, **query):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"}
        answer = requests.post(url, params=query, data=table, headers=headers)
        return answer.status_code, answer.json()

    recorder.record("requests-csv", lambda: post(wines.to_csv(index=False)))
    bad = soured(wines, 15).to_csv(index=False)
    recorder.record("requests-csv-bad-row", lambda: post(bad))
    recorder.record("requests-csv-row-errors", lambda: post(bad, errors="rows"))


def oip(recorder, port, key, wines):
    """NVIDIA's client, in JSON throughout."""
    client = triton.InferenceServerClient(f"localhost:{port}")
    bearer = {"Authorization": f"Bearer {key}"}

    def tensor(name, values, kind="FP64", **how):
        given = triton.InferInput(name, list(values.shape), kind)
        given.set_data_from_numpy(values, **{"binary_data": False, **how})
        return given

    def infer(inputs, model="wine", outputs=(), headers=bearer, **more):
        outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in outputs]
        # It keeps headers of its own in what it is given.
        headers = dict(headers)
        found = client.infer(model, inputs, outputs=outputs or None, headers=headers, **more)
        told = found.get_response()
        names = [output["name"] for output in told["outputs"]]
        return told["model_name"], told["model_version"], told.get("id"), {
            name: found.as_numpy(name).tolist() for name in names
        }

    rows = tensor("rows", wines.to_numpy(dtype=numpy.float64))
    columns = [tensor(name, wines[name].to_numpy(dtype=numpy.float64)) for name in wines]
    recorder.record("triton-live", client.is_server_live)
    recorder.record("triton-ready", client.is_server_ready)
    recorder.record("triton-server", client.get_server_metadata)
    model = recorder.record("triton-model", lambda: client.get_model_metadata("wine"))
    recorder.record("triton-model-ready", lambda: client.is_model_ready("wine"))
    recorder.record("triton-unknown-model-ready", lambda: client.is_model_ready("beer"))
    recorder.record("triton-unknown-model", lambda: client.get_model_metadata("beer"))
    recorder.record("triton-infer", lambda: infer([rows]))
    recorder.record("triton-infer-columns", lambda: infer(columns))
    recorder.record(
        "triton-infer-named", lambda: infer([rows], outputs=["class", "score"], request_id="7")
    )
    version = model["versions"][0]
    recorder.secrets["version"] = version
    recorder.record("triton-model-version", lambda: client.get_model_metadata("wine", version))
    recorder.record("triton-model-version-ready", lambda: client.is_model_ready("wine", version))
    recorder.record("triton-infer-version", lambda: infer([rows], model_version=version))
    plugged = triton.InferenceServerClient(f"localhost:{port}")
    plugged.register_plugin(tritonclient.http.auth.BasicAuth("cellar", key))
    recorder.record("triton-infer-basic", lambda: plugged.infer("wine", [rows]).get_response())
    bad = soured(wines, 15).to_numpy(dtype=numpy.float64)
    recorder.record("triton-bad-row", lambda: infer([tensor("rows", bad)]))
    recorder.record("triton-infer-unknown-model", lambda: infer([rows], model="beer"))
    recorder.record("triton-unknown-output", lambda: infer([rows], outputs=["taste"]))
    recorder.record("triton-missing-key", lambda: infer([rows], headers={}))
    binary = tensor("rows", wines.to_numpy(dtype=numpy.float64), binary_data=True)
    # Its own way, and what it can do to a body: both are refused in words that say what helps.
    recorder.record("triton-binary", lambda: infer([binary]))
    recorder.record("triton-gzip", lambda: infer([rows], request_compression_algorithm="gzip"))
    recorder.record(
        "triton-gzip-answer", lambda: infer([rows], response_compression_algorithm="gzip")
    )


def kserve(recorder, port, key, wines):
    """KServe's client, in both versions of the protocol."""
    base = f"http://localhost:{port}"
    bearer = {"Authorization": f"Bearer {key}"}
    rows = wines.to_numpy().tolist()
    tensor = {"name": "rows", "shape": [2, 11], "datatype": "FP64", "data": rows}

    def record(name, protocol, ask):
        async def run():
            async with InferenceRESTClient(RESTConfig(protocol=protocol)) as client:
                return await ask(client)

        recorder.record(name, lambda: asyncio.run(run()))

    def infer(model, body, headers=bearer):
        return lambda client: client.infer(base, body, model_name=model, headers=headers)

    record("kserve-live", "v2", lambda client: client.is_server_live(base))
    record("kserve-ready", "v2", lambda client: client.is_server_ready(base))
    record("kserve-model-ready", "v2", lambda client: client.is_model_ready(base, "wine"))
    record("kserve-infer", "v2", infer("wine", {"inputs": [tensor]}))
    record("kserve-v1-model-ready", "v1", lambda client: client.is_model_ready(base, "wine"))
    record("kserve-v1-unknown-model", "v1", lambda client: client.is_model_ready(base, "beer"))
    record("kserve-v1-predict", "v1", infer("wine", {"instances": rows}))
    bad = soured(wines, 15).to_numpy().tolist()
    record("kserve-v1-bad-row", "v1", infer("wine", {"instances": bad}))
    record("kserve-v1-missing-key", "v1", infer("wine", {"instances": rows}, {}))


def predictions(recorder, port, key, wines):
    """Replicate's client."""
    base_url = f"http://localhost:{port}"
    client = replicate.Client(api_token=key, base_url=base_url)
    row = wines.iloc[0].to_dict()
    bad = {**row, "pH": 15}
    version = recorder.secrets["version"]
    recorder.record("replicate-run", lambda: client.run("cellar/wine", input=row))
    recorder.record("replicate-run-version", lambda: client.run(f"cellar/wine:{version}", row))
    made = recorder.record(
        "replicate-create", lambda: client.predictions.create(version="wine", input=row)
    )
    recorder.secrets["prediction"] = made.id
    recorder.record("replicate-get", lambda: client.predictions.get(made.id))
    recorder.record("replicate-list", lambda: len(client.predictions.list().results))
    recorder.record("replicate-bad-row", lambda: client.run("cellar/wine", input=bad))
    recorder.record("replicate-unknown-model", lambda: client.run("cellar/beer", input=row))
    nobody = replicate.Client(api_token="", base_url=base_url)
    recorder.record("replicate-missing-key", lambda: nobody.run("cellar/wine", input=row))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=int, default=8000)
    options.add_argument("--port", type=int, default=8790)
    options.add_argument("--key", required=True)
    options.add_argument("--out", type=pathlib.Path, default=HERE)
    given = options.parse_args()
    wines = pandas.read_csv(DATA, sep=None, engine="python").drop(columns="quality").head(2)
    secrets = {"basic": basic("cellar", given.key), "key": given.key}
    recorder = Recorder(given.port, given.to, given.out, secrets)
    for ask in [mlflow, table, oip, kserve, predictions]:
        ask(recorder, given.port, given.key, wines)


if __name__ == "__main__":
    main()
