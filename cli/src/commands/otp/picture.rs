//! QR codes in pictures: PNG and JPEG, photographs and screenshots, several codes in one.
//!
//! A picture comes from anywhere, so what it may cost is bounded before it is unpacked.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use zeroize::Zeroizing;

/// Most pixels on a side. Photographs have some eight thousand.
const LONGEST_SIDE: u32 = 16_384;
/// Most bytes that unpacking may take.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// Pixels on the longer side to which a picture is made smaller when nothing is found in it as it is: the finder has
/// trouble with the grain of photographs.
const SMALLER: usize = 1_200;
/// Times by which a picture is made larger: codes of one or two pixels a module are too small for the finder.
const LARGER: usize = 3;
/// Pixels on the longer side of a picture that is small.
const SMALL: usize = 700;

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    /// Torn, too large, or of a kind that is not read.
    #[error("the picture cannot be unpacked")]
    Image(#[from] image::ImageError),
    /// The first bytes cannot be read.
    #[error("the picture cannot be read")]
    Io(#[from] std::io::Error),
    /// No QR code.
    #[error("there is no QR code in the picture that can be read")]
    Nothing,
}

/// Whether these bytes begin like a picture that is read here.
pub(super) fn is_picture(bytes: &[u8]) -> bool {
    matches!(image::guess_format(bytes), Ok(ImageFormat::Png | ImageFormat::Jpeg))
}

/// What the QR codes in the picture say, each once.
pub(super) fn texts(bytes: &[u8]) -> Result<Vec<Zeroizing<String>>, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST_SIDE), Some(LONGEST_SIDE));
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let picture = Grey::from(reader.decode()?);
    let found = tries(&picture).find(|texts| !texts.is_empty());
    found.ok_or(PictureError::Nothing)
}

/// As it is and in another size, and each with dark and light changed over, as dark desktops show it.
fn tries(picture: &Grey) -> impl Iterator<Item = Vec<Zeroizing<String>>> + '_ {
    let other = move || match picture.width.max(picture.height) {
        longer @ SMALLER.. => Some(picture.smaller(longer.div_ceil(SMALLER))),
        ..=SMALL => Some(picture.larger(LARGER)),
        _ => None,
    };
    let ways = [false, true];
    let as_it_is = ways.into_iter().map(|inverted| codes(picture, inverted));
    let resized = std::iter::once_with(other).flatten();
    as_it_is.chain(resized.flat_map(move |picture| ways.map(|inverted| codes(&picture, inverted))))
}

/// A picture in shades of grey, row by row. Not the `image` crate's own resizing: it would bring libm into a program that
/// has to start fast.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl From<DynamicImage> for Grey {
    fn from(picture: DynamicImage) -> Self {
        let grey = picture.into_luma8();
        let side = |length: u32| usize::try_from(length).unwrap_or_default();
        Self { width: side(grey.width()), height: side(grey.height()), pixels: grey.into_raw() }
    }
}

impl Grey {
    /// The shade at this place; beyond the border it is white.
    fn at(&self, x: usize, y: usize) -> u8 {
        let inside = x < self.width && y < self.height;
        inside.then(|| self.pixels.get(y * self.width + x)).flatten().copied().unwrap_or(u8::MAX)
    }

    /// Every pixel as a square of so many.
    fn larger(&self, times: usize) -> Self {
        self.resized(self.width * times, self.height * times, |x, y| self.at(x / times, y / times))
    }

    /// Every square of so many pixels as one, in their mean shade.
    fn smaller(&self, divisor: usize) -> Self {
        self.resized(self.width / divisor, self.height / divisor, |x, y| {
            let cells = (0..divisor * divisor).map(|cell| (cell % divisor, cell / divisor));
            let sum: usize = cells.map(|(dx, dy)| usize::from(self.at(x * divisor + dx, y * divisor + dy))).sum();
            u8::try_from(sum / (divisor * divisor)).unwrap_or(u8::MAX)
        })
    }

    fn resized(&self, width: usize, height: usize, shade: impl Fn(usize, usize) -> u8) -> Self {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, pixels: places.map(|(x, y)| shade(x, y)).collect() }
    }
}

fn codes(picture: &Grey, inverted: bool) -> Vec<Zeroizing<String>> {
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(picture.width, picture.height, |x, y| {
        let shade = picture.at(x, y);
        if inverted { u8::MAX - shade } else { shade }
    });
    let mut texts: Vec<Zeroizing<String>> = Vec::new();
    for grid in prepared.detect_grids() {
        let Ok((_, text)) = grid.decode() else { continue };
        let text = Zeroizing::new(text);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        assert!(is_picture(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(is_picture(b"\xff\xd8\xff\xe0\0\x10JFIF"));
        for other in [&b"otpauth://totp/x"[..], b"{\"db\":", b"GIF89a", b""] {
            assert!(!is_picture(other));
        }
    }

    #[test]
    fn torn_and_monstrous_pictures_are_refused() {
        // A header that promises 100,000 by 100,000 pixels (PNG, section 11.2.2), by zlib.crc32 of Python.
        let monster = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\0\0\0\0\x8d9T\x14";
        assert!(matches!(texts(monster), Err(PictureError::Image(_))));
        assert!(matches!(texts(b"\x89PNG\r\n\x1a\n"), Err(PictureError::Image(_))));
    }
}
