"""Writes test/fixtures/report-expected/<dataset>.json: what pandas says of public datasets, checked against Polars.

Datasets: the npm package vega-datasets (BSD-3-Clause) and files of scikit-learn (BSD-3-Clause, vendored in
test/fixtures/scikit-learn). Tests compare the profiles of Process 1 with these figures; they need no Python.

    python3 -m venv /tmp/expected && /tmp/expected/bin/pip install pandas polars
    /tmp/expected/bin/python test/support/make-report-expected.py
"""

import json
import math
import pathlib

import pandas as pd
import polars as pl

ROOT = pathlib.Path(__file__).resolve().parents[2]
VEGA = ROOT / "node_modules/vega-datasets/data"
SCIKIT = ROOT / "test/fixtures/scikit-learn"
OUT = ROOT / "test/fixtures/report-expected"

# Only the empty cell is missing: "NA" may be a country and "None" an answer. Identifiers with leading zeros are texts.
CSV = {"keep_default_na": False, "na_values": [""]}
DATASETS = {
    "airports": (VEGA / "airports.csv", CSV),
    "birdstrikes": (VEGA / "birdstrikes.csv", CSV),
    "co2-concentration": (VEGA / "co2-concentration.csv", CSV),
    "disasters": (VEGA / "disasters.csv", CSV),
    "flights-airport": (VEGA / "flights-airport.csv", CSV),
    "gapminder-health-income": (VEGA / "gapminder-health-income.csv", CSV),
    "github": (VEGA / "github.csv", CSV),
    "global-temp": (VEGA / "global-temp.csv", CSV),
    "iowa-electricity": (VEGA / "iowa-electricity.csv", CSV),
    "la-riots": (VEGA / "la-riots.csv", CSV),
    "population_engineers_hurricanes": (VEGA / "population_engineers_hurricanes.csv", CSV),
    "seattle-weather": (VEGA / "seattle-weather.csv", CSV),
    "seattle-weather-hourly-normals": (VEGA / "seattle-weather-hourly-normals.csv", CSV),
    "sp500-2000": (VEGA / "sp500-2000.csv", CSV),
    "species": (VEGA / "species.csv", {**CSV, "dtype": {"county_id": str}}),
    "stocks": (VEGA / "stocks.csv", CSV),
    "us-employment": (VEGA / "us-employment.csv", CSV),
    "windvectors": (VEGA / "windvectors.csv", CSV),
    "zipcodes": (VEGA / "zipcodes.csv", {**CSV, "dtype": {"zip_code": str}}),
    "unemployment": (VEGA / "unemployment.tsv", {**CSV, "sep": "\t"}),
    "barley": (VEGA / "barley.json", None),
    "budget": (VEGA / "budget.json", None),
    "cars": (VEGA / "cars.json", None),
    "flights-20k": (VEGA / "flights-20k.json", None),
    "football": (VEGA / "football.json", None),
    "gapminder": (VEGA / "gapminder.json", None),
    "jobs": (VEGA / "jobs.json", None),
    "movies": (VEGA / "movies.json", None),
    "ohlc": (VEGA / "ohlc.json", None),
    "penguins": (VEGA / "penguins.json", None),
    "flights-3m": (VEGA / "flights-3m.parquet", "parquet"),
    "iris": (SCIKIT / "iris.csv", CSV),
    "wine_data": (SCIKIT / "wine_data.csv", {**CSV, "skiprows": 1, "header": None}),
    "linnerud_exercise": (SCIKIT / "linnerud_exercise.csv", {**CSV, "sep": r"\s+"}),
    "diabetes_data_raw": (SCIKIT / "diabetes_data_raw.csv.gz", {**CSV, "sep": r"\s+", "header": None}),
}


def read(path, how):
    if how == "parquet":
        return pd.read_parquet(path)
    if how is None:
        return pd.DataFrame(json.loads(path.read_text("utf-8")))
    return pd.read_csv(path, **how)


def number(value):
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value


def close(left, right):
    return left is None and right is None or math.isclose(left, right, rel_tol=1e-11, abs_tol=1e-300)


def figures(series):
    out = {"count": int(series.count()), "nulls": int(series.isna().sum())}
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        texts = series.dropna().map(str)
        out["distinct"] = int(texts.nunique())
        out["top_counts"] = [int(n) for n in texts.value_counts().head(10)]
        return out
    out["distinct"] = int(series.nunique())
    out["top_counts"] = [int(n) for n in series.value_counts().head(10)]
    out["min"], out["max"] = number(series.min()), number(series.max())
    out["mean"], out["stddev"] = number(series.mean()), number(series.std(ddof=1))
    out["quartiles"] = [number(series.quantile(q, interpolation="linear")) for q in (0.25, 0.5, 0.75)]
    second = pl.Series(series.dropna().to_numpy())
    assert close(second.mean(), out["mean"]) and second.n_unique() == out["distinct"], series.name
    assert len(second) < 2 or close(second.std(ddof=1), out["stddev"]), series.name
    for q, value in zip((0.25, 0.5, 0.75), out["quartiles"]):
        assert close(second.quantile(q, interpolation="linear"), value), series.name
    return out


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (path, how) in DATASETS.items():
        frame = read(path, how)
        columns = [{"name": str(label), **figures(frame[label])} for label in frame.columns]
        made_by = f"pandas {pd.__version__}, checked with Polars {pl.__version__}"
        result = {"dataset": path.relative_to(ROOT).as_posix(), "made_by": made_by, "rows": len(frame), "columns": columns}
        (OUT / f"{name}.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", "utf-8")
        print(name, len(frame), len(columns))


if __name__ == "__main__":
    main()
