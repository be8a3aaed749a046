#!/usr/bin/env python3
"""Writes tests/goldens/tokenizers: what the `tokenizers` library makes of awkward texts.

    pip install tokenizers==0.23.3
    tools/make_tokenizer_goldens.py tests/goldens/tokenizers [NAME=FOLDER_WITH_TOKENIZER_JSON ...]

For every NAME a file NAME.jsonl is written, one line a text: {text, ids, ids_without_special, decoded,
decoded_skip_special}. Two small tokenizers are trained here and stored beside: `metaspace` (visible blanks, byte fallback,
no words of its own) and `splits` (byte level behind every kind of splitting step).

The texts are made here, from a fixed seed. Run twice, it writes the same bytes.
"""

import json
import os
import random
import sys
from collections import Counter

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog does not mind.",
    "A tokenizer cuts a text into tokens; every token has a number.",
    "What is written in the image? The sign says: CLOSED on Mondays.",
    "for (int i = 0; i < 10; ++i) { sum += values[i] * weights[i]; }",
    "def encode(text: str) -> list[int]:\n    return [table[word] for word in text.split()]\n",
    "Numbers: 3.14159, 2718, 1/2, 100%, 12:30, 2024-05-17, +49 30 1234567.",
    "Größe, Straße, déjà vu, señor, naïve, Ångström, Łódź, Čapek, İstanbul.",
    "你好，世界！这是一个测试。图片里写了什么？",
    "東京は日本の首都です。カタカナとひらがな。",
    "한국어 문장도 조금 들어 있습니다.",
    "Привет, мир! Как дела сегодня?",
    "שלום עולם. مرحبا بالعالم.",
    "नमस्ते दुनिया। สวัสดีชาวโลก",
    "Emoji 😀 and 👍🏽 and 👨‍👩‍👧 and 🏳️‍🌈, in a row: 😀😀😀.",
    "don't can't we'll I'm you've they'd it's WE'LL DON'T",
    "The image shows two red circles, three blue squares and one green triangle.",
]

ATOMS = (
    list("aAbBzZ09.,;:!?-_'\"()[]{}<>|/\\@#$%^&*+=~`")
    + [" ", " ", " ", "  ", "    ", "\t", "\n", "\n\n", "\r\n", "\r", "\u00a0", "\u3000", "\u2028", "\u0085", "\u180e"]
    + ["the", "The", " image", " what", "dog", "HELLO", "tokenizer", "supercalifragilistic", "foo_bar", "camelCase"]
    + ["'s", "'LL", "'ve", "don't", "\u017fs", "\u212a"]
    + ["1", "42", "2024", "3.14", "1,000", "\u0661\u0662", "\u2167", "\u00bd", "\u00b2", "\U0001d7d9", "\uff11"]
    + ["é", "e\u0301", "ñ", "A\u030a", "\u212b", "\u03d2\u0301", "q\u0323\u0307", "q\u0307\u0323", "\u0344", "\u0345"]
    + ["\ufb01", "\ufdfa", "\u3392", "\u2460", "\u24d0", "\u1e9b\u0323", "\uff21", "ß", "\u0130", "\u0131", "Σ", "ς"]
    + ["你好", "世界", "。", "，", "、", "東京", "カタカナ", "ﾊﾝｶｸ", "한국", "\u1112\u1161\u11ab", "\u3139"]
    + ["Привет", "мир", "שלום", "مرحبا", "नमस्ते", "สวัสดี", "กำ", "\u0e33"]
    + ["😀", "👍🏽", "👨‍👩‍👧", "🏳️‍🌈", "🇩🇪", "\u200d", "\u200b", "\u200e", "\ufeff", "\ufffe", "\ufffd", "\u202e"]
    + ["\x00", "\x01", "\x1b", "\x7f", "\u0600", "\u2581", "\u2581\u2581", "Ġ", "<0x41>", "<0xE4>", "//", "==>", "x=1;"]
)

WHOLE = [
    "", " ", "  ", "   ", "\n", "\n\n\n", "\t\t", " \n ", "a", "é", "e\u0301", "你", "😀", "\x00", "\ufffd",
    "Hello world", " Hello world", "Hello  world\n\n", "naïve café 你好 🙂",
    "The quick brown fox jumps over 13 lazy dogs.\tTab",
    "if x == 1:\n\treturn {'a': [1, 2, 3]}  # comment\n",
    "a" * 300, " " * 100 + "x", "\n" * 50, "0123456789" * 20, "ab " * 100, "e\u0301" * 60, "a" + "\u0301\u0323" * 40,
    "\u2126\u212b\u1e9b\u0323", "\u03d2\u0301", "\u1100\u1161\u11a8\u3131", "مَرْحَبًا بِالعَالَم", "\u202babc אבג 123\u202c",
    "https://example.org/a_b?c=%20d&e=f#g", "C:\\Users\\me\\file.txt", "5 < 6 && 7 > 3 || !false",
    "word\u00a0word\u2003word\u3000word", "x\u200by\u200dz", "<|im_start|", "<|im_end|>>", "<<s>>", "</s", "< image >",
]


def texts(tokenizer, seed):
    rng = random.Random(seed)
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    made = list(WHOLE) + list(CORPUS)
    for token in special:
        made += [token, f" {token} ", f"a{token}b", f"The {token}\n\nimage", token + token, f"  {token}  x"]
    atoms = ATOMS + special
    while len(made) < 320:
        made.append("".join(rng.choice(atoms) for _ in range(rng.choice([2, 3, 5, 8, 13, 30]))))
    return made


def write_goldens(tokenizer, path, seed):
    tokenizer.no_padding()
    tokenizer.no_truncation()
    with open(path, "w", encoding="utf-8") as out:
        for text in texts(tokenizer, seed):
            ids = tokenizer.encode(text).ids
            line = {
                "text": text,
                "ids": ids,
                "ids_without_special": tokenizer.encode(text, add_special_tokens=False).ids,
                "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                "decoded_skip_special": tokenizer.decode(ids, skip_special_tokens=True),
            }
            out.write(json.dumps(line) + "\n")
    print(path, len(open(path).readlines()), "lines")


def special(content, **flags):
    return AddedToken(content, special=True, normalized=False, **flags)


def metaspace():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first", split=False)
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    # The trainer breaks ties between characters at random, so the alphabet is chosen here.
    letters = Counter("".join(CORPUS).replace(" ", "\u2581"))
    alphabet = sorted(letters, key=lambda c: (-letters[c], c))[:120]
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=pieces, initial_alphabet=alphabet, limit_alphabet=120, show_progress=False
    )
    # Trained on words, used without: so no token crosses a blank, as in the models that are like this one.
    words = [word for line in CORPUS for word in line.replace("\n", " ").replace(" ", " \u2581").split(" ")]
    tokenizer.train_from_iterator(words * 4, trainer)
    settings = json.loads(tokenizer.to_str())
    settings["added_tokens"] = []
    tokenizer = Tokenizer.from_str(json.dumps(settings))
    tokenizer.add_special_tokens([special("<unk>"), special("<s>"), special("<|end|>"), special("<|user|>", rstrip=True)])
    tokenizer.add_tokens([AddedToken("</s>", normalized=False, rstrip=True), AddedToken("  ", normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def splits():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"-{2,}|~+"), " - "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\s+(?!\S)|\s+"), "merged_with_next"),
            pre_tokenizers.Split("://", "isolated"),
            pre_tokenizers.Split(Regex(r"[\p{L}\p{M}]+|[^\p{L}\p{M}]"), "removed", invert=True),
            pre_tokenizers.Split(Regex(r"[;,]"), "merged_with_previous"),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=900, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    tokenizer.add_special_tokens([special("[CLS]"), special("[SEP]"), special("[MASK]", lstrip=True)])
    tokenizer.add_tokens(
        [
            AddedToken("dog", single_word=True, normalized=True),
            AddedToken("2024", lstrip=True, rstrip=True, normalized=True),
            AddedToken("image", normalized=False),
        ]
    )
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.BertProcessing(
                ("[SEP]", tokenizer.token_to_id("[SEP]")), ("[CLS]", tokenizer.token_to_id("[CLS]"))
            ),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def main():
    out = sys.argv[1]
    for name, make in (("metaspace", metaspace), ("splits", splits)):
        os.makedirs(os.path.join(out, name), exist_ok=True)
        path = os.path.join(out, name, "tokenizer.json")
        make().save(path, pretty=False)
        write_goldens(Tokenizer.from_file(path), os.path.join(out, name + ".jsonl"), seed=1)
    for argument in sys.argv[2:]:
        name, folder = argument.split("=", 1)
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        write_goldens(tokenizer, os.path.join(out, name + ".jsonl"), seed=2)


if __name__ == "__main__":
    main()
