//! Reading QR codes from a camera's pictures, in a module of its own: few scan, and nobody twice a day.

#[cfg(target_family = "wasm")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes of a pixel as a canvas gives it: red, green, blue, opacity.
const PIXEL: usize = 4;

/// The text of the first QR code in a picture of so many pixels a row, where one can be read.
#[cfg_attr(target_family = "wasm", wasm_bindgen)]
#[must_use]
pub fn read(pixels: &[u8], width: usize) -> Option<String> {
    let height = pixels.len().checked_div(width * PIXEL)?;
    // Green is nearly what the eye takes for brightness, and printed codes are black on white.
    let brightness = |x: usize, y: usize| pixels.get((y * width + x) * PIXEL + 1).copied().unwrap_or(u8::MAX);
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, brightness);
    picture.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

#[cfg(test)]
mod tests {
    use fast_qr::QRBuilder;

    use super::*;

    const TEXT: &str = "gridwalk://enrol?server=http%3A%2F%2F10.0.0.8%3A8060&code=K7Q2M9XD";

    /// A picture of a code, each of its squares so large, on a floor of another brightness.
    fn picture(text: &str, square: usize, floor: u8) -> (Vec<u8>, usize) {
        let code = QRBuilder::new(text).build().unwrap();
        let (quiet, margin) = (4, 20);
        let size = (code.size + 2 * quiet) * square + 2 * margin;
        let mut pixels = vec![floor; size * size * PIXEL];
        for (y, x) in (margin..size - margin).flat_map(|y| (margin..size - margin).map(move |x| (y, x))) {
            let place = |at: usize| ((at - margin) / square).checked_sub(quiet).filter(|at| *at < code.size);
            let is_dark = place(y).zip(place(x)).is_some_and(|(y, x)| code[y][x].value());
            pixels[(y * size + x) * PIXEL..][..PIXEL].fill(if is_dark { 40 } else { 215 });
        }
        (pixels, size)
    }

    #[test]
    fn a_code_is_read_at_every_size_and_light_of_a_phone_in_the_hand() {
        for square in [3, 4, 7] {
            for floor in [0, 128, 255] {
                let (pixels, width) = picture(TEXT, square, floor);
                assert_eq!(read(&pixels, width).as_deref(), Some(TEXT), "{square} {floor}");
            }
        }
    }

    #[test]
    fn a_code_turned_on_its_side_is_read() {
        let (pixels, width) = picture(TEXT, 4, 255);
        let turned = |at: usize| {
            let (y, x) = (at / PIXEL / width, at / PIXEL % width);
            pixels[(x * width + width - 1 - y) * PIXEL + at % PIXEL]
        };
        let turned: Vec<u8> = (0..pixels.len()).map(turned).collect();
        assert_eq!(read(&turned, width).as_deref(), Some(TEXT));
    }

    #[test]
    fn a_picture_without_a_code_or_with_half_of_one_says_nothing() {
        let (mut pixels, width) = picture(TEXT, 4, 255);
        assert_eq!(read(&[], 0), None);
        assert_eq!(read(&vec![0; 640 * 480 * PIXEL], 640), None);
        assert_eq!(read(&[9; 7], 3), None);
        let half = pixels.len() / 2;
        pixels[half..].fill(255);
        assert_eq!(read(&pixels, width), None);
    }
}
