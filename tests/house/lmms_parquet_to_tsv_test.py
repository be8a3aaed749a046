"""tools/lmms_parquet_to_tsv.py: rows of each data set as the tasks want them."""

import base64
import csv
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import lmms_parquet_to_tsv as tool  # noqa: E402

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None

PICTURE = {"bytes": b"\x89PNG picture", "path": None}
CODE = base64.b64encode(PICTURE["bytes"]).decode()


class Rows(unittest.TestCase):
    def test_ocrbench_keeps_the_list_and_the_category(self):
        row = {"image": PICTURE, "question": "Q?", "answer": ["it's", "b"], "question_type": "Doc-oriented VQA", "dataset": "x"}
        cells = tool.convert("ocrbench", row, 4)
        self.assertEqual(cells, {"index": "4", "image": CODE, "question": "Q?", "answer": "[\"it's\", 'b']",
                                 "category": "Doc-oriented VQA", "dataset": "x"})

    def test_mmmu_reads_the_literal_and_the_id(self):
        row = {"id": "validation_Art_Theory_12", "question": "<image 1>?", "options": "['red', \"it's\"]", "answer": "B",
               "question_type": "multiple-choice", "image_1": PICTURE, "image_2": PICTURE, "image_3": None}
        cells = tool.convert("mmmu", row, 0)
        self.assertEqual((cells["A"], cells["B"], cells["answer"]), ("red", "it's", "B"))
        self.assertEqual((cells["split"], cells["category"]), ("validation", "Art_Theory"))
        self.assertEqual(cells["image"], repr([CODE, CODE]))
        row.update(question_type="open", options="[]")
        self.assertNotIn("A", tool.convert("mmmu", row, 0))

    def test_scienceqa_turns_the_number_into_a_letter(self):
        row = {"image": None, "question": "Q?", "choices": ["x", "y"], "answer": 1, "hint": ""}
        cells = tool.convert("scienceqa", row, 0)
        self.assertEqual(cells, {"index": "0", "question": "Q?", "A": "x", "B": "y", "answer": "B"})

    def test_seedbench_takes_all_pictures(self):
        row = {"image": [PICTURE, PICTURE], "question": "Q?", "answer": "A", "data_type": "image", "question_id": 7,
               "choice_a": "1", "choice_b": "2", "choice_c": "3", "choice_d": "4"}
        cells = tool.convert("seedbench", row, 0)
        self.assertEqual((cells["image"], cells["question_id"], cells["D"]), (repr([CODE, CODE]), "7", "4"))

    def test_pictures_without_bytes_are_read_from_their_path(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "p.png").write_bytes(PICTURE["bytes"])
            self.assertEqual(tool.picture({"bytes": None, "path": "p.png"}, Path(folder)), CODE)


@unittest.skipUnless(pyarrow, "pyarrow is not installed")
class Program(unittest.TestCase):
    def test_shards_become_one_file(self):
        with tempfile.TemporaryDirectory() as folder:
            shards = []
            for k in range(2):
                rows = [{"image": PICTURE, "question": f"line\n\"{k}\"\ttab", "question_id": k, "answers": ["a"] * 10}]
                shards.append(str(Path(folder) / f"{k}.parquet"))
                pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), shards[-1])
            out = Path(folder) / "out.tsv"
            subprocess.run([sys.executable, str(TOOLS / "lmms_parquet_to_tsv.py"), "textvqa", *shards, "-o", str(out)],
                           check=True, capture_output=True)
            with open(out, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file, delimiter="\t"))
        self.assertEqual([row["index"] for row in rows], ["0", "1"])
        self.assertEqual(rows[1]["question"], "line\n\"1\"\ttab")
        self.assertEqual(rows[0]["answer"], repr(["a"] * 10))
        self.assertEqual(rows[0]["image"], CODE)


if __name__ == "__main__":
    unittest.main()
