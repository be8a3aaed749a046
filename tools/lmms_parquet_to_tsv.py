#!/usr/bin/env python3
"""Turns the parquet shards of an lmms-eval data set into the tab-separated file that halftone eval reads.

    pip install pyarrow
    tools/lmms_parquet_to_tsv.py TASK SHARD.parquet ... -o OUT.tsv

TASK is one of those below (ocrbench, textvqa, ...). Rows are streamed; pictures are the original files' bytes in base64, or read
from where a struct's path points when it holds none. The index is the row's number; ids of the data set become question_id.
"""

import argparse
import ast
import base64
import csv
import string
import sys
from pathlib import Path


def text_of(value):
    return "" if value is None else str(value)


def picture(value, folder):
    """Base64 of a picture struct {bytes, path}; nothing for null."""
    if value is None:
        return None
    data = value.get("bytes")
    if data is None:
        data = (folder / value["path"]).read_bytes()
    return base64.b64encode(data).decode()


def image_cell(values, folder):
    """One picture as it is, several as a list literal."""
    pictures = [p for p in (picture(v, folder) for v in values) if p is not None]
    return pictures[0] if len(pictures) == 1 else repr(pictures) if pictures else ""


def lettered(options):
    return dict(zip(string.ascii_uppercase, (text_of(option) for option in options)))


def listed(value):
    """A list of texts as a Python literal, however many there are."""
    return repr([text_of(item) for item in (value if isinstance(value, (list, tuple)) else [value])])


def common(row):
    cells = {"question": text_of(row["question"])}
    for name in ("question_id", "questionId", "id"):
        if row.get(name) is not None:
            cells["question_id"] = text_of(row[name])
            break
    return cells


def ocrbench(row):
    return {"answer": listed(row["answer"]), "category": row["question_type"], "dataset": text_of(row.get("dataset"))}


def textvqa(row):
    return {"answer": listed(row["answers"])}


def vizwiz(row):
    return {"answers": listed(row["answers"])}


def docvqa(row):
    return {"answer": listed(row["answers"])}


def chartqa(row):
    return {"answer": listed(row["answer"]), "split": "human" if row["type"].startswith("human") else "augmented"}


def mmmu(row):
    """The options are a literal in a text; "validation_Accounting_1" says split and subject."""
    split, _, rest = row["id"].partition("_")
    cells = {"split": split, "category": rest.rpartition("_")[0], "answer": row["answer"]}
    if row["question_type"] == "multiple-choice":
        cells.update(lettered(ast.literal_eval(row["options"])))
    return cells


def scienceqa(row):
    answer = row["answer"]
    return {"hint": text_of(row.get("hint")), "answer": string.ascii_uppercase[answer] if isinstance(answer, int) else answer,
            **lettered(row["choices"])}


def seedbench(row):
    return {"answer": row["answer"], "category": text_of(row.get("data_type")),
            **lettered([row[f"choice_{c}"] for c in "abcd"])}


def mme(row):
    return {"answer": row["answer"], "category": row["category"]}


TASKS = {f.__name__: f for f in (chartqa, docvqa, mme, mmmu, ocrbench, scienceqa, seedbench, textvqa, vizwiz)}
COLUMNS = ["index", "image", "question", "hint", *string.ascii_uppercase, "answer", "answers", "category", "split",
           "question_id", "dataset"]


def images_of(row):
    if "image_1" in row:
        return [row[f"image_{k}"] for k in range(1, 8) if row.get(f"image_{k}") is not None]
    value = row.get("image")
    return value if isinstance(value, list) else [value]


def convert(task, row, index, folder=Path(".")):
    """The cells of one row, missing ones left out."""
    cells = {"index": str(index), "image": image_cell(images_of(row), folder), **common(row), **TASKS[task](row)}
    return {name: cell for name, cell in cells.items() if cell != ""}


def used_columns(task):
    """The header: options only for multiple choice, so that other files stay small."""
    choice = task in ("mmmu", "scienceqa", "seedbench")
    kept = {"ocrbench": {"dataset"}, "scienceqa": {"hint"}, "vizwiz": {"answers"}}.get(task, set())
    return [c for c in COLUMNS if (c in string.ascii_uppercase and choice and c <= "J") or c in kept or
            c in {"index", "image", "question", "answer", "category", "split", "question_id"}]


def read_rows(shards):
    import pyarrow.parquet

    for shard in shards:
        for batch in pyarrow.parquet.ParquetFile(shard).iter_batches(batch_size=16):
            for row in batch.to_pylist():
                yield row, Path(shard).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("shards", nargs="+")
    parser.add_argument("-o", "--out", required=True)
    args = parser.parse_args()
    columns, count = used_columns(args.task), 0
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for count, (row, folder) in enumerate(read_rows(args.shards), 1):
            try:
                writer.writerow(convert(args.task, row, count - 1, folder))
            except (KeyError, ValueError, SyntaxError, OSError) as error:
                sys.exit(f"{args.out}: row {count} of {args.task} cannot be converted: {error!r}")
    print(f"{args.out}: {count} rows")


if __name__ == "__main__":
    main()
