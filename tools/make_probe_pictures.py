#!/usr/bin/env python3
"""Draws the two pictures of src/halftone/calib/probe.cpp and prints them as arrays of bytes. Needs Pillow.

    python3 tools/make_probe_pictures.py
"""

import io

from PIL import Image, ImageDraw


def gradient():
    """96 x 64: each channel runs in a direction of its own."""
    picture = Image.new("RGB", (96, 64))
    picture.putdata([(8 * (x // 4), 255 - 2 * x, 4 * y) for y in range(64) for x in range(96)])
    return picture


def shapes():
    """61 x 80: a disc, a box and a line on a pale ground."""
    picture = Image.new("RGB", (61, 80), (236, 232, 220))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((6, 8, 38, 40), fill=(196, 40, 44))
    draw.rectangle((22, 34, 54, 70), fill=(30, 92, 170))
    draw.line((2, 76, 58, 4), fill=(20, 20, 20), width=2)
    return picture


def main():
    for name, picture in (("kGradientPng", gradient()), ("kShapesPng", shapes())):
        file = io.BytesIO()
        picture.save(file, "PNG", optimize=True)
        numbers = ", ".join(str(byte) for byte in file.getvalue())
        print(f"constexpr std::array<unsigned char, {len(file.getvalue())}> {name} = {{{numbers}}};")


if __name__ == "__main__":
    main()
