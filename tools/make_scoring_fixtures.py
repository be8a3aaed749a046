#!/usr/bin/env python3
"""Writes tests/goldens/scoring: odd answers and the scores that the public harnesses give them.

    pip install pandas
    tools/make_scoring_fixtures.py tests/goldens/scoring

The rules are written out here once more, in Python, as open-compass/VLMEvalKit and EvolvingLMMs-Lab/lmms-eval have them
(vlmeval/dataset/utils, vlmeval/utils/matching_util.py, lmms_eval/tasks/*/utils.py): with Python's own strings, regular
expressions and floats, which is what the C++ has to imitate. Nothing here is made from the C++. tsv.json is pandas' reading
of small files, literals.json is ast.literal_eval's.

Run twice, it writes the same bytes.
"""

import ast
import io
import json
import random
import re
import statistics
import sys
from pathlib import Path

import pandas

# ---- the rules


def strip_marks(text, rule):
    """Step P of both harnesses; re.UNICODE (32) stands where re.sub takes a count, and so does here."""
    comma = re.compile(r"(\d)(,)(\d)") if rule == "vlmevalkit" else re.compile(r"(?<=\d)(\,)+(?=\d)")
    period = re.compile(r"(?<!\d)\.(?!\d)") if rule == "vlmevalkit" else re.compile(r"(?!<=\d)(\.)(?!\d)")
    out = text
    for mark in [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!"]:
        if mark + " " in text or " " + mark in text or comma.search(text) is not None:
            out = out.replace(mark, "")
        else:
            out = out.replace(mark, " ")
    return period.sub("", out, count=32)


NUMBERS = dict(none="0", zero="0", one="1", two="2", three="3", four="4", five="5", six="6", seven="7", eight="8",
               nine="9", ten="10")
CONTRACTIONS = {
    "aint": "ain't", "arent": "aren't", "cant": "can't", "couldve": "could've", "couldnt": "couldn't",
    "couldn'tve": "couldn't've", "couldnt've": "couldn't've", "didnt": "didn't", "doesnt": "doesn't", "dont": "don't",
    "hadnt": "hadn't", "hadnt've": "hadn't've", "hadn'tve": "hadn't've", "hasnt": "hasn't", "havent": "haven't",
    "hed": "he'd", "hed've": "he'd've", "he'dve": "he'd've", "hes": "he's", "howd": "how'd", "howll": "how'll",
    "hows": "how's", "Id've": "I'd've", "I'dve": "I'd've", "Im": "I'm", "Ive": "I've", "isnt": "isn't", "itd": "it'd",
    "itd've": "it'd've", "it'dve": "it'd've", "itll": "it'll", "let's": "let's", "maam": "ma'am", "mightnt": "mightn't",
    "mightnt've": "mightn't've", "mightn'tve": "mightn't've", "mightve": "might've", "mustnt": "mustn't",
    "mustve": "must've", "neednt": "needn't", "notve": "not've", "oclock": "o'clock", "oughtnt": "oughtn't",
    "ow's'at": "'ow's'at", "'ows'at": "'ow's'at", "'ow'sat": "'ow's'at", "shant": "shan't", "shed've": "she'd've",
    "she'dve": "she'd've", "she's": "she's", "shouldve": "should've", "shouldnt": "shouldn't",
    "shouldnt've": "shouldn't've", "shouldn'tve": "shouldn't've", "somebody'd": "somebodyd",
    "somebodyd've": "somebody'd've", "somebody'dve": "somebody'd've", "somebodyll": "somebody'll",
    "somebodys": "somebody's", "someoned": "someone'd", "someoned've": "someone'd've", "someone'dve": "someone'd've",
    "someonell": "someone'll", "someones": "someone's", "somethingd": "something'd", "somethingd've": "something'd've",
    "something'dve": "something'd've", "somethingll": "something'll", "thats": "that's", "thered": "there'd",
    "thered've": "there'd've", "there'dve": "there'd've", "therere": "there're", "theres": "there's",
    "theyd": "they'd", "theyd've": "they'd've", "they'dve": "they'd've", "theyll": "they'll", "theyre": "they're",
    "theyve": "they've", "twas": "'twas", "wasnt": "wasn't", "wed've": "we'd've", "we'dve": "we'd've", "weve": "we've",
    "werent": "weren't", "whatll": "what'll", "whatre": "what're", "whats": "what's", "whatve": "what've",
    "whens": "when's", "whered": "where'd", "wheres": "where's", "whereve": "where've", "whod": "who'd",
    "whod've": "who'd've", "who'dve": "who'd've", "wholl": "who'll", "whos": "who's", "whove": "who've",
    "whyll": "why'll", "whyre": "why're", "whys": "why's", "wont": "won't", "wouldve": "would've",
    "wouldnt": "wouldn't", "wouldnt've": "wouldn't've", "wouldn'tve": "wouldn't've", "yall": "y'all",
    "yall'll": "y'all'll", "y'allll": "y'all'll", "yall'd've": "y'all'd've", "y'alld've": "y'all'd've",
    "y'all'dve": "y'all'd've", "youd": "you'd", "youd've": "you'd've", "you'dve": "you'd've", "youll": "you'll",
    "youre": "you're", "youve": "you've",
}


def normalize(text, rule):
    if rule == "lmms-eval":
        text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    text = strip_marks(text.replace("\n", " ").replace("\t", " ").strip(), rule)
    words = [NUMBERS.get(word, word) for word in text.lower().split()]
    return " ".join(CONTRACTIONS.get(word, word) for word in words if word not in ("a", "an", "the"))


def vqa_accuracy(prediction, answers, rule):
    said, answers = normalize(prediction, rule), [normalize(a, rule) for a in answers]
    scores = []
    for i in range(len(answers)):
        others = answers[:i] + answers[i + 1:]
        scores.append(min(1, float(len([a for a in others if a == said])) / 3))
    return statistics.mean(scores)


def levenshtein(a, b):
    table = [list(range(len(b) + 1))] + [[i + 1] + [0] * len(b) for i in range(len(a))]
    for i, c in enumerate(a):
        for j, d in enumerate(b):
            table[i + 1][j + 1] = min(table[i][j] + (c != d), table[i][j + 1] + 1, table[i + 1][j] + 1)
    return table[-1][-1]


def anls(prediction, answers):
    values = []
    for answer in answers:
        length = max(len(answer.upper()), len(prediction.upper()))
        distance = levenshtein(" ".join(answer.strip().lower().split()), " ".join(prediction.strip().lower().split()))
        values.append(0.0 if length == 0 else float(distance) / float(length))
    score = 1 - min(values)
    return 0.0 if score < 0.5 else score


def relaxed(prediction, answer):
    def amount(text):
        try:
            return float(text.rstrip("%")) / 100.0 if text.endswith("%") else float(text)
        except ValueError:
            return None

    said, wanted = amount(prediction), amount(answer)
    if said is not None and wanted:
        return abs(said - wanted) / abs(wanted) <= 0.05
    return prediction.lower() == answer.lower()


def contained(prediction, answers, category, rule):
    if rule == "lmms-eval":
        prediction = prediction.strip()
    for answer in answers:
        if category == "Handwritten Mathematical Expression Recognition":
            said, wanted = [t.strip().replace("\n", " ").replace(" ", "") for t in (prediction, answer)]
        else:
            said, wanted = prediction, answer
            if rule == "lmms-eval":
                said, wanted = fullwidth(said), fullwidth(wanted)
            said, wanted = [t.lower().strip().replace("\n", " ") for t in (said, wanted)]
        if wanted in said:
            return True
    return False


def fullwidth(text):
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else " " if c == "\u3000" else c for c in text)


def infer_option(answer, options):
    stated = stated_option(answer, options)
    if stated:
        return stated
    answer = answer.lower()
    if len(answer) > 2 * sum(len(text) for text in options.values()):
        return None
    named = [letter for letter in options if options[letter].lower() in answer]
    return named[0] if len(named) == 1 else None


def stated_option(answer, options):
    if "Failed to obtain answer via API" in answer:
        return None
    for refusal in ["Sorry, I can't help with images of people yet.", "I can't process this file.",
                    "I'm sorry, but without the image provided", "Cannot determine the answer"]:
        if refusal in answer:
            return "Z"
    text = answer
    for mark in ".()[],:;!*#{}":
        text = text.replace(mark, " ")
    words = text.split()
    present = [letter for letter in options if letter in words]
    if len(present) == 1:
        if words.index(present[0]) > len(words) - 5:
            return present[0]
    elif not present and "Z" in words:
        return "Z"
    stated = re.search(r"(?i)(?:correct\s+)?answer\s+is\s+\**([ABCD])\**", answer)
    return stated.group(1).upper() if stated and stated.group(1).upper() in options else None


def parse_option(answer, options):
    """None where the benchmark guesses."""
    for mark in [",", ".", "!", "?", ";", ":", "'"]:
        answer = answer.strip(mark)
    answer = " " + answer + " "
    brackets = [c for c in options if f"({c})" in answer]
    found, place = brackets, lambda c: answer.rfind(f"({c})")
    if not found:
        found, place = [c for c in options if f"{c} " in answer], lambda c: answer.rfind(f" {c} ")
    if not found:
        found = [c for c in options if f"{c}." in answer]
    if not found and len(answer.split()) > 5:
        found = [c for c in options if options[c].lower() in answer.lower()]
        place = lambda c: answer.lower().rfind(options[c].lower())
    return max(found, key=place) if found else None  # max gives the first of equals, as numpy's argmax does


def letter_answer(answer, letter):
    answer, letter = answer.strip(), letter.strip().lower()
    if answer.lower() == letter:
        return True
    return len(answer) >= 2 and answer[0].isupper() and answer[1] == "." and answer[0].lower() == letter


def first_letter(answer):
    return answer.strip()[:1]


def yes_no_by_word(answer):
    words = strip_marks(answer.lower(), "vlmevalkit").split()
    yes, no = "yes" in words, "no" in words
    return None if yes == no else yes


def yes_no_by_prefix(answer):
    answer = answer.lower().strip().replace(".", "")
    if answer in ("yes", "no"):
        return answer == "yes"
    if len(answer) == 1:
        return {"y": True, "n": False}.get(answer)
    return True if "yes" in answer[:4] else False if "no" in answer[:4] else None


def normalize_open(text):
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        text = text.lower()
        return [" " + text, text + " "] if len(text) == 1 else [text]


def numbers_in(text):
    return (re.findall(r"-?\b\d{1,3}(?:,\d{3})+\b", text) + re.findall(r"-?\d+(?:\.\d+)?[eE][+-]?\d+", text) +
            re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])", text))


def open_matches(prediction, answers):
    prediction = prediction.strip().strip(".").lower()
    announcers = ["could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "]
    keys, lines = [], re.split(r"\.\s(?=[A-Z])|\n", prediction)
    for i, line in enumerate(lines):
        if i == len(lines) - 1:
            announcers.append("=")
        shortest = None
        for word in announcers:
            if word in line:
                tail = line.split(word)[-1].strip()
                if not shortest or len(tail) < len(shortest):
                    shortest = tail
        if shortest and shortest not in [":", ",", ".", "!", "?", ";", "'"]:
            keys.append(shortest)
    keys = keys or [prediction]
    said = [value for text in keys + [n for key in keys for n in numbers_in(key)] for value in normalize_open(text)]
    wanted = [value for answer in answers for value in normalize_open(answer)]
    return any(isinstance(s, str) and isinstance(w, str) and w in s or not isinstance(s, str) and s == w
               for s in said for w in wanted)


# ---- odd texts

TEXTS = [
    "", " ", "The Two Dogs.", "1,000", "3.", "3.5", "10:30 am.", "it's", "dont know", "New-York", "a-b c- d", "yes, sir",
    "U.S.A.", "$5.00", "none", "Coca - Cola", "hello/world", "what's up?", "1,000 m", "A.", "women's", "e.g. this", "100%",
    "12/25/2012", "8-10", "8 - 10", "." * 40, "a.b" * 20, "1.2.3.", "THE END", "an apple a day", "A", "the", "Ten",
    "ten.", "ten,", "tenth", "couldnt've", "Im", "I'm", "somebody'd", "yall'd've", "let's go", "o'clock", "what 's",
    "STRASSE", "Straße", "İstanbul", "ΟΔΟΣ", "ΟΔΟΣ.", "Σ", "école", "e\u0301cole", "你好，世界", "３．５", "１,２", "٣,٤",
    "\u00a0nbsp\u00a0", "\u3000wide\u3000", "tab\there", "line\nbreak", "cr\r\nlf", "a\u2028b", "\x1csep\x1d", "\u200bzero",
    "emoji 😀 face", "\"quoted\"", "(B)", "[x]", "{y}", "a=b+c", "a\\b", "under_score", "<tag>", "me@home", "`tick`",
    "wait!", "why?", "so;", "50,000 people", "5, 6", "1 ,2", "well-known, really", "don't", "DONT", "Dont.", "its", "it is",
    "zero", "None of these", "one two three", "...", ". . .", "Mr. Smith", "3.14.", ".5", "-5", "- 5", "5-", "a/b c/ d", "''",
    "'s", "dog's", "dogs'", "?s", "the a an", "ﬁne ﬂow", "ŉ", "ǰazz",
]
PAIRS = [
    ("abd", ["abc"]), ("ab", ["abcd"]), ("hello  world", ["hello world"]), ("100.", ["100"]), ("", [""]), ("", ["a"]),
    ("a", [""]), ("The answer is 5", ["5"]), ("HELLO", ["hello"]), ("Straße", ["STRASSE"]), ("ß", ["ss"]), ("ß", ["SS", "ß"]),
    ("ﬁve", ["five"]), ("İ", ["i"]), ("İ", ["i\u0307"]), ("ΟΔΟΣ", ["οδος"]), ("école", ["ecole"]), ("e\u0301cole", ["école"]),
    ("你好世界", ["你好世"]), ("😀😀", ["😀"]), ("\u00a0abc\u3000", ["abc"]), ("abc\n\tdef", ["abc def"]), ("   ab   ", ["ab"]),
    ("ab", ["ax", "ab", "cd"]), ("2,000", ["2000"]), ("kitten", ["sitting"]), ("flaw", ["lawn"]), ("abcd", ["abxy"]),
    ("abcde", ["abxyz"]), ("x" * 300, ["x" * 299 + "y"]), ("A. cat", ["cat"]), ("ẞ", ["ß"]), ("ŉ", ["ʼn"]),
    ("abcdefghij", ["abcde"]), ("abcdefghijk", ["abcde"]), ("same", ["same", "other"]), ("ΐ", ["ι"]),
]
AMOUNTS = [
    ("105", "100"), ("105.1", "100"), ("95", "100"), ("94.9", "100"), ("0", "0"), ("0.0", "0"), ("0.05", "5%"), ("5", "5%"),
    ("5%", "5"), ("2000", "2,000"), ("10.", "10"), ("2000", "2019"), ("nan", "nan"), ("NaN", "5"), ("inf", "inf"),
    ("-inf", "-infinity"), ("1000", "1e3"), (" 7 ", "7"), ("1_000", "1000"), ("_1", "1"), ("1__0", "10"), ("Yes", "yes"),
    ("yes ", "yes"), ("", ""), ("%", "%"), ("%", "0"), ("5%%", "5%"), ("5 %", "5%"), ("+3", "3"), ("--3", "3"), ("0x10", "16"),
    ("-95", "-100"), ("95", "-100"), (".5", "0.5"), ("1e400", "1e400"), ("1e-400", "0"), ("Blue", "BLUE"), ("é", "É"),
    ("5,0", "50"), ("1.05", "1"), ("\u00a07\u3000", "7"), ("7\n", "7"), ("infinity", "INF"), ("1e", "1"), ("nan(1)", "nan(1)"),
]
OPTIONS = {
    "colours": {"A": "red", "B": "blue", "C": "green", "D": "black"},
    "nested": {"A": "red", "B": "dark red", "C": "None"},
    "long": {"A": "The cat sat on the mat", "B": "The dog barked", "C": "Nobody came", "D": "Ärger", "E": "3.5", "F": "E"},
    "two": {"A": "Yes", "B": "No"},
    "open": {"A": "42", "B": "Other Answers"},
}
CHOICES = [
    "A", "a", "(B)", "B. blue", "The answer is **D**", "blue", "It is blue or red", "A blue car is shown in the image here",
    "I think the option B is the right one because it has a long explanation", "Answer: C\nExplanation: the leaf is green.",
    "A and B", "B\n", "", "The best choice is (D), since black.", "A. cat", "The answer is C", "the ANSWER  is\tc", "answer is blue",
    "The correct answer is **B**.", "answer is E", "**C**", "C)", "[C]", "{C}", "#C", "C!", "C;", "C?", "C'", "\"C\"", "C\u3000", "\u00a0C",
    "Option C", "(A) or (B)", "(B) (A)", "A B C", "Z", "Z.", "I'm sorry, but without the image provided I cannot tell",
    "Cannot determine the answer", "Failed to obtain answer via API A", "I can't process this file.", "dark red", "DARK RED",
    "None", "none of them", "The dog barked", "the DOG barked loudly at the cat that sat on the mat, and nobody came at all",
    "ärger", "ÄRGER", "3.5", "35", "E", "F", "DNA is what it shows in this picture", "It is A.", "A.", "A..", "A:", "B:", "A, because",
    "Yes", "yes.", "No, it is not", "42", "The answer is 42", "x" * 200, "It must be A as far as I can see in this", "D A", "A D",
    "…A…", "Ａ", "(a)", "b", "b.", "B.", " b ", "B.blue", "Bb", "E.g. this", "éB", "B 你好", "红色", "C\nB", "A\n", "\n", ".", "(E)", "Both (A) and A",
]
ANSWERS_YN = [
    "Yes", "no", "Yes, no", "nothing", "not sure", "I know", "The answer is yes", "yes-and-no", "no-one", "Yes.", "NO!", "", "y", "n",
    "Y.", "x", "  yes  ", "yes\n", "No, the sign is blue.", "Yes/No", "none", "Nope", "yess", "The answer is no.", "it is not", "not yes",
    "y.e.s", "是", "Ｙｅｓ", "Yes 不", "\u00a0no", "(yes)", "\"no\"", "yes yes", "no no yes", "-no", "no,", "no1", "can not", "Eyes", "nyes", "...yes",
]
OPEN = [
    ("42", ["42"]), ("The answer is 42.", ["42"]), ("x = 3.14159", ["3.14"]), ("1,000", ["1000"]), ("about 1,000,000 people", ["1000000"]),
    ("1e3", ["1000"]), ("it is 2.5e-1 m", ["0.25"]), ("so it is blue", ["blue"]), ("Blue", ["blue"]), ("dark blue", ["blue"]),
    ("blue", ["dark blue"]), ("The result is a", ["a"]), ("a", ["a"]), ("A cat", ["a"]), ("cat", ["a"]), ("", [""]), ("", ["5"]),
    ("5", ["5", "five"]), ("five", ["5", "five"]), ("First 3. Then 7", ["7"]), ("line one is 3\nline two is 7", ["3"]),
    ("line one is 3\nline two is 7", ["7"]), ("3\n7", ["3"]), ("-5", ["-5"]), ("-5", ["5"]), (".5", ["0.5"]), ("0.555", ["0.56"]),
    ("2.675", ["2.67"]), ("2.675", ["2.68"]), ("0.125", ["0.12"]), ("1/2", ["0.5"]), ("1/2", ["1/2"]), ("$24", ["24"]), ("24%", ["24"]),
    ("nan", ["nan"]), ("inf", ["inf"]), ("Thus x=5", ["5"]), ("x=5\ny=6", ["5"]), ("x=5\ny=6", ["6"]), ("final :", [":"]),
    ("the answer is .", ["the"]), ("so is .", ["."]), ("12,34", ["1234"]), ("12,34", ["34"]), ("3.5.", ["3.5"]), ("５", ["5"]), ("é", ["É"]),
    ("therefore the final result is x", ["x"]), ("could be 5 or 6", ["6"]), ("could be 5 or 6", ["5"]), ("1,2,3", ["3"]), ("v2", ["2"]),
    ("2nd", ["2"]), ("0", ["-0"]), ("1_0", ["10"]), ("  SPACE  ", ["space"]), ("..so..", [".."]), ("-1,000.5", ["-1000.5"]),
]
CONTAINED = [
    ("The text says F7AN.", ["f7an"]), ("f7 an", ["F7AN"]), ("line\nbreak", ["line break"]), ("a\tb", ["a b"]), ("70", ["7"]), ("", ["a"]),
    ("ABC", ["x", "y", "bc"]), ("  padded  ", ["padded "]), ("Ｆ７ＡＮ", ["f7an"]), ("f7an", ["Ｆ７ＡＮ"]), ("全角\u3000空白", ["全角 空白"]),
    ("x ^ { 2 } + y", ["x^{2}+y"]), ("X^2", ["x^2"]), ("\\frac{1}{2}", ["\\frac {1} {2}"]), ("a\nb", ["ab"]), ("a b", ["ab"]), ("STRASSE", ["straße"]),
    ("İstanbul", ["i\u0307stanbul"]), ("ΟΔΟΣ", ["οδος"]), ("ΟΔΟΣ Α", ["οδοσ"]), ("你好世界", ["好世"]), ("100.", ["100"]), ("A. cat", ["CAT"]),
    ("(B)", ["b"]), ("The answer is C", ["c"]), ("\u00a0x\u00a0", ["x"]), ("line\r\nbreak", ["line\r break"]), ("no", ["yes", "no"]),
]
CATEGORIES = ["Regular Text Recognition", "Handwritten Mathematical Expression Recognition"]
LITERALS = [
    "[]", "['a']", "[\"a\"]", "['a', 'b']", "['a', \"it's\", 'say \\'hi\\'']", "[1, 2.5, -3]", "['three', 3]", "['a',]", "[ 'a' , 'b' ]",
    "['\\n\\t\\r\\\\']", "['\\x41\\u00e9\\U0001F600']", "['é', '你好', '😀']", "[['a', 1], ['b']]", "[True, False, None]", "['[a, b]']", "['a\\qb']",
    "['\\101']", "['']", "[1e3, 1E-5, 100000000000000000000.0, 0.1]", "[1.0, 1e16, 1e-5, 123456789012345680.0]", "[\n'a',\n'b'\n]", "['\\a\\b\\f\\v\\0']",
    "[+1, - 2]", "[007]", "['a' 'b']", "['a', b]", "['a'", "'a']", "['a' ; 'b']", "[__import__('os')]", "[1,,2]", "[,]", "['a\nb']", "['\\x4']", "[1_000]",
    "['a'] x", "[\"\\\"\"]", "['\\N{BULLET}']", "[.5, 5.]", "[0x10]", "[1 2]", "[b'a']", "['\\ud83d']", "[",
]
TSV = [
    "index\tquestion\tanswer\n0\tWhat?\tA\n1\tWhy?\tB\n",
    "index\tquestion\tanswer\n0\t\"two\nlines\"\tA\n1\t\"say \"\"hi\"\"\"\tB\n",
    "index\tquestion\tanswer\r\n0\ta\tb\r\n\r\n1\tc\td\r\n",
    "index\tquestion\tanswer\n0\ta \"quoted\" word\tb\n1\t\"a\"tail\tb\n2\t\"a\"\"\"\tb\n",
    "index\tquestion\tanswer\n0\tx\t1\n1\ty\t2\n", "index\tquestion\tanswer\n0\tx\t1\n1\ty\t\n", "index\tquestion\tanswer\n0\tx\t1\n1\ty\t2.50\n",
    "index\tquestion\tanswer\n0\tx\t007\n1\ty\t+3\n", "index\tquestion\tanswer\n0\tx\t007\n1\ty\tabc\n", "index\tquestion\tanswer\n0\tx\t1e3\n1\ty\t1\n",
    "index\tA\tB\tC\n0\tNone\tNA\tn/a\n1\tred\tnull\tx\n2\tnan\tN/A\t<NA>\n", "index\tA\tB\n0\tTrue\tfalse\n1\tFalse\tTRUE\n",
    "index\tA\tB\n0\tTrue\t1\n1\t\tx\n", "index\tquestion\tanswer\n0\tshort\n1\ta\tb\n", "\ufeffindex\tquestion\n0\tbom\n", "index\tquestion\n0\tlast line without end",
    "index\tquestion\n   \n0\t  blanks kept  \n\n\n1\t \n", "index\tquestion\n0\t\"tab\there\"\n1\t\"\"\n", "index\tA\n0\t99999999999999999999\n1\t2\n",
    "index\tA\n0\t9223372036854775807\n1\t-9223372036854775808\n", "index\tA\n0\t1.0\n1\t2.0\n", "index\tA\n0\t1e16\n1\t0.00001\n2\t123456.789\n",
    "index\tA\n0\tinf\n1\t-inf\n", "index\tA\n0\t 1\n1\t2\n", "index\tA\n0\t1 \n1\t2\n", "index\tA\n0\t1_000\n1\t2\n", "index\tA\n0\t0x10\n1\t2\n", "index\tA\n0\tyes\n1\tno\n",
    "index\tA\tB\n0\t你好\t😀\n1\té\tß\n", "index\tA\rB\n", "index\tA\r0\tx\r1\ty\r", "index\tA\n0\t-NaN\n1\t#N/A\n", "index\tA\n0\tnone\n1\tNAN\n", "index\tA\n0\t.5\n1\t5.\n",
    "index\tA\n0\t1\n1\tNA\n", "index\tA\n0\t\"1\"\n1\t\"2\"\n", "index\tA\n0\t\"NA\"\n1\tx\n", "index\tA\n0\t'x\n1\t\"a\"b\"c\n",
]


# ---- the files


def annotators(answer, k, other="something else"):
    return [answer] * k + [other] * (10 - k)


def vqa_cases():
    rng = random.Random(7)
    cases = []
    for text in TEXTS:
        for rule in ("vlmevalkit", "lmms-eval"):
            cases.append({"rule": rule, "text": text, "normal": normalize(text, rule), "plain": strip_marks(text, rule)})
    for text in TEXTS:
        answers = annotators(text.lower(), rng.randint(0, 10), rng.choice(TEXTS))
        for rule in ("vlmevalkit", "lmms-eval"):
            cases.append({"rule": rule, "prediction": text, "answers": answers, "score": vqa_accuracy(text, answers, rule)})
    return cases


def option_cases():
    cases = []
    for name, options in OPTIONS.items():
        for answer in CHOICES:
            cases.append({"options": options, "answer": answer, "inferred": infer_option(answer, options),
                          "parsed": parse_option(answer, options)})
    for answer in CHOICES:
        for letter in "AB":
            cases.append({"answer": answer, "letter": letter, "is_letter": letter_answer(answer, letter),
                          "first": first_letter(answer)})
    return cases


def contained_cases():
    return [{"prediction": p, "answers": a, "category": c, "rule": r, "hit": contained(p, a, c, r)}
            for p, a in CONTAINED for c in CATEGORIES for r in ("vlmevalkit", "lmms-eval")]


def literal_cases():
    cases = []
    for text in LITERALS:
        try:
            value = ast.literal_eval(text)
            # Lists of lists stay lists; scalars as str() writes them.
            strings = (lambda v: [strings(x) for x in v] if isinstance(v, list) else str(v))
            value = strings(value)
            json.dumps(value, ensure_ascii=False).encode()
        except (SyntaxError, ValueError):
            value = None
        cases.append({"text": text, "value": value})
    return cases


def tsv_cases():
    cases = []
    for text in TSV:
        frame = pandas.read_csv(io.StringIO(text), sep="\t")
        rows = [{c: None if pandas.isna(row[c]) else str(row[c]) for c in frame.columns} for _, row in frame.astype(object).iterrows()]
        cases.append({"text": text, "columns": list(frame.columns), "rows": rows})
    return cases


def mme_rows(rule):
    rng = random.Random(11)
    categories = ["existence", "count", "OCR", "code_reasoning", "text_translation"]
    rows = []
    for category in categories:
        for picture in range(4):
            for gold in ("Yes", "No"):
                said = rng.choice(ANSWERS_YN + ["Yes", "No"] * 12)
                found = (yes_no_by_word if rule == "vlmevalkit" else yes_no_by_prefix)(said)
                rows.append({"category": category, "image_path": f"{picture}.jpg", "answer": gold, "prediction": said,
                             "score": float(found is not None and found == (gold == "Yes"))})
    return rows


def mme_sums(rows):
    """Per category acc + acc+, then the sums of perception and cognition."""
    sums, perception = {}, {"existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"}
    for category in dict.fromkeys(row["category"] for row in rows):
        pictures = {}
        for row in rows:
            if row["category"] == category:
                pictures.setdefault(row["image_path"], []).append(row["score"])
        plain = [s for scores in pictures.values() for s in scores]
        sums[category] = 100 * sum(plain) / len(plain) + 100 * sum(a * b for a, b in pictures.values()) / len(pictures)
    sums["perception"] = sum(v for k, v in sums.items() if k in perception)
    sums["cognition"] = sum(v for k, v in sums.items() if k not in perception and k != "perception")
    return sums


def write(folder, name, cases):
    text = json.dumps(cases, ensure_ascii=False, indent=0, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(cases)}")


def main():
    folder = Path(sys.argv[1])
    write(folder, "vqa", vqa_cases())
    write(folder, "anls", [{"prediction": p, "answers": a, "score": anls(p, a)} for p, a in PAIRS])
    write(folder, "relaxed", [{"prediction": p, "answer": a, "hit": relaxed(p, a)} for p, a in AMOUNTS])
    write(folder, "option", option_cases())
    write(folder, "yes_no", [{"answer": a, "by_word": yes_no_by_word(a), "by_prefix": yes_no_by_prefix(a)} for a in ANSWERS_YN])
    write(folder, "open_answer", [{"prediction": p, "answers": a, "hit": open_matches(p, a)} for p, a in OPEN])
    write(folder, "contained", contained_cases())
    write(folder, "literals", literal_cases())
    write(folder, "tsv", tsv_cases())
    write(folder, "mme", [{"rule": r, "rows": rows, "sums": mme_sums(rows)} for r in ("vlmevalkit", "lmms-eval") for rows in [mme_rows(r)]])


if __name__ == "__main__":
    main()
