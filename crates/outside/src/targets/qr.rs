//! Pictures of a camera: a code in them is read as it was written, and nothing else is read at all.

use fast_qr::QRBuilder;
use sync::invitation::Invitation;

/// Bytes of a pixel: red, green, blue, opacity.
const PIXEL: usize = 4;
/// Width of the small pictures, in pixels.
const WIDTH: usize = 48;
/// Pixels of a square of a code, and of what is light around it.
const SQUARE: usize = 3;
const QUIET: usize = 4;
/// Longest text that is put into a code; longer ones make larger pictures and nothing new.
const LONGEST: usize = 200;

pub(crate) fn holds(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 3 {
        0 => brightness(rest),
        1 => {
            let text = String::from_utf8_lossy(&rest[..rest.len().min(LONGEST)]);
            let Some((pixels, width)) = picture(&text, &[]) else { return };
            assert_eq!(scan::read(&pixels, width).as_deref(), Some(&*text), "a clear picture is read");
        }
        // A code that somebody smeared: whatever is read of it, an invitation is one or none.
        _ => {
            let text =
                "gridwalk://enrol?server=https%3A%2F%2Fgrid.example&code=1234567897&key=00ff10a2b3c4d5e6";
            let Some((pixels, width)) = picture(text, rest) else { return };
            if let Some(read) = scan::read(&pixels, width) {
                let _ = read.parse::<Invitation>();
            }
        }
    }
}

/// Any brightness at all, in pictures that are wide or narrow and whose last row may be cut off.
fn brightness(bytes: &[u8]) {
    let pixels: Vec<u8> = bytes.iter().flat_map(|bright| [*bright; PIXEL]).collect();
    for width in [0, 1, WIDTH, pixels.len()] {
        let _ = scan::read(&pixels, width);
    }
    let _ = scan::read(bytes, WIDTH);
}

/// A picture of a code, with squares that are turned over: two bytes say which.
fn picture(text: &str, turned: &[u8]) -> Option<(Vec<u8>, usize)> {
    let code = QRBuilder::new(text).build().ok()?;
    let mut dark: Vec<bool> = (0..code.size)
        .flat_map(|y| (0..code.size).map(move |x| (x, y)))
        .map(|(x, y)| code[y][x].value())
        .collect();
    for pair in turned.chunks_exact(2) {
        let at = usize::from(u16::from_be_bytes([pair[0], pair[1]])) % dark.len();
        dark[at] = !dark[at];
    }
    let size = (code.size + 2 * QUIET) * SQUARE;
    let mut pixels = vec![215; size * size * PIXEL];
    for (at, _) in dark.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
        let (left, top) = ((at % code.size + QUIET) * SQUARE, (at / code.size + QUIET) * SQUARE);
        for y in top..top + SQUARE {
            pixels[(y * size + left) * PIXEL..][..SQUARE * PIXEL].fill(40);
        }
    }
    Some((pixels, size))
}
