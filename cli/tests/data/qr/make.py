"""Makes the pictures of this folder with qrencode and Pillow (Debian's qrencode and python3-pil)."""

import io
import subprocess
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps

HERE = Path(__file__).parent
ADA = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example"
BOB = "otpauth://totp/Example:bob?secret=GEZDGNBVGY3TQOJQ&issuer=Example"
EVE = "otpauth://hotp/Door:eve?secret=MFRGGZDFMZTWQ2LK&issuer=Door&counter=7"


def code(text, scale, level="M"):
    png = subprocess.run(["qrencode", "-l", level, "-s", str(scale), "-m", "4", "-o", "-", text], check=True, capture_output=True)
    return Image.open(io.BytesIO(png.stdout)).convert("L")


def screenshot(*codes, ground=235, size=(1000, 560)):
    picture = Image.new("L", size, ground)
    left = 40
    for one in codes:
        picture.paste(one, (left, 60))
        left += one.width + 60
    return picture


screenshot(code(ADA, 6), code(BOB, 8)).save(HERE / "two-codes.png", optimize=True)
ImageOps.invert(screenshot(code(ADA, 5), size=(600, 400))).save(HERE / "dark.png", optimize=True)
code(ADA, 1).save(HERE / "small.png", optimize=True)
Image.linear_gradient("L").resize((300, 300)).save(HERE / "none.png", optimize=True)
photo = Image.new("L", (1100, 1000), 180)
photo.paste(code(EVE, 14, "Q").rotate(8, Image.BICUBIC, expand=True, fillcolor=180), (150, 120))
photo.filter(ImageFilter.GaussianBlur(2)).save(HERE / "photo.jpeg", quality=55)
