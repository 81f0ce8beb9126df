//! What a person knows: six digits at least, or any words; in some places a passphrase.

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Fewest characters of a PIN.
const SHORTEST: usize = 6;
/// Fewest characters where nothing but what was chosen stands between the files and whoever copies them.
const SHORTEST_PASSPHRASE: usize = 8;
/// Runs of which what many people choose is made: rows of keys, and the words of the lists of stolen passwords that are
/// long enough (for one <https://en.wikipedia.org/wiki/List_of_the_most_common_passwords>), without what is put behind.
const WORST: [&str; 24] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
    "1q2w3e4r5t6y",
    "q1w2e3r4t5y6",
    "qazwsxedc",
    "iloveyou",
    "woaini",
    "5201314",
    "1314520",
    "123456789",
    "987654321",
    "123123",
    "abcdefgh",
    "abc123",
    "a123456",
    "admin",
    "welcome",
    "gridwalk",
];
/// Most characters; more is not typed, and would only keep the device busy.
const LONGEST: usize = 200;

/// A PIN or passphrase, the same however a keyboard writes it: wide digits are digits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Pin(String);

/// How hard to guess a choice has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Six characters, digits as well.
    Pin,
    /// Eight characters, and none of what stands in every list.
    Passphrase,
}

/// Why a PIN is none to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakPin {
    /// Below six characters, or beyond two hundred.
    #[error("too short or too long")]
    Length,
    /// Below eight characters where it has to be a passphrase, or beyond two hundred.
    #[error("too short or too long for a passphrase")]
    PassphraseLength,
    /// Everybody tries it first: one character again and again, characters in a row, or what stands in every list.
    #[error("everybody tries it first")]
    Guessed,
}

impl WeakPin {
    /// Stable code, for the sentence a person reads.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "lock.pin_length",
            Self::PassphraseLength => "lock.passphrase_length",
            Self::Guessed => "lock.pin_guessed",
        }
    }
}

impl Pin {
    /// What was typed to open.
    pub fn typed(text: &str) -> Self {
        Self(nfkc(text.trim()).chars().take(LONGEST).collect())
    }

    /// What was typed to be chosen.
    ///
    /// # Errors
    /// Why another one is better.
    pub fn chosen(text: &str, strength: Strength) -> Result<Self, WeakPin> {
        let (shortest, weak) = match strength {
            Strength::Pin => (SHORTEST, WeakPin::Length),
            Strength::Passphrase => (SHORTEST_PASSPHRASE, WeakPin::PassphraseLength),
        };
        let count = nfkc(text.trim()).chars().count();
        if !(shortest..=LONGEST).contains(&count) {
            return Err(weak);
        }
        let pin = Self::typed(text);
        let steps = pin.0.chars().zip(pin.0.chars().skip(1)).map(|(a, b)| b as i64 - a as i64);
        let steps: Vec<i64> = steps.collect();
        let is_even = steps.iter().all(|step| *step == steps[0] && (-1..=1).contains(step));
        let is_worst = strength == Strength::Passphrase && is_worst(&pin.0.to_lowercase());
        if is_even || is_worst { Err(WeakPin::Guessed) } else { Ok(pin) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(not(target_family = "wasm"))]
fn nfkc(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().collect()
}

/// Every browser has the tables for it, which would be a twentieth of the core.
#[cfg(target_family = "wasm")]
fn nfkc(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFKC").into()
}

/// Whether less than four characters are left of it without what everybody chooses: a part of a run, with a year or a
/// few digits behind. So are a few characters that come again and again.
fn is_worst(chosen: &str) -> bool {
    const LEAST: usize = 4;
    let count = chosen.chars().count();
    let longest_shared = |run: &str| {
        let starts = (0..run.len()).filter(|at| run.is_char_boundary(*at));
        starts
            .flat_map(|from| (from + LEAST..=run.len()).map(move |to| &run[from..to]))
            .filter(|part| chosen.contains(part))
            .map(str::len)
            .max()
            .unwrap_or(0)
    };
    let letters: Vec<char> = chosen.chars().collect();
    let repeats = (1..=LEAST).any(|step| letters.iter().zip(letters.iter().skip(step)).all(|(a, b)| a == b));
    repeats || WORST.into_iter().any(|run| count < longest_shared(run) + LEAST + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_pin_is_not_what_everybody_tries_first() {
        for (typed, weak) in [
            ("13579", Some(WeakPin::Length)),
            ("", Some(WeakPin::Length)),
            ("   1357 ", Some(WeakPin::Length)),
            ("000000", Some(WeakPin::Guessed)),
            ("123456", Some(WeakPin::Guessed)),
            ("9876543", Some(WeakPin::Guessed)),
            ("１２３４５６", Some(WeakPin::Guessed)),
            ("abcdef", Some(WeakPin::Guessed)),
            ("135790", None),
            ("1234567890", None),
            ("三楼的猫爱晒太阳", None),
        ] {
            assert_eq!(Pin::chosen(typed, Strength::Pin).err(), weak, "{typed}");
        }
        assert_eq!(Pin::chosen(&"长".repeat(201), Strength::Pin).err(), Some(WeakPin::Length));
    }

    #[test]
    fn a_pin_is_the_same_however_it_is_typed() {
        let chosen = Pin::chosen("135790", Strength::Pin).unwrap();
        for typed in ["135790", " 135790 ", "１３５７９０"] {
            assert!(Pin::typed(typed) == chosen, "{typed}");
        }
        assert!(Pin::typed("135 790") != chosen, "a passphrase has spaces");
    }

    #[test]
    fn a_passphrase_is_longer_and_in_no_list() {
        for (typed, weak) in [
            ("135790", Some(WeakPin::PassphraseLength)),
            ("1357902", Some(WeakPin::PassphraseLength)),
            ("12345678", Some(WeakPin::Guessed)),
            ("password", Some(WeakPin::Guessed)),
            ("Password2026", Some(WeakPin::Guessed)),
            ("qwertyui", Some(WeakPin::Guessed)),
            ("1qaz2wsx", Some(WeakPin::Guessed)),
            ("woaini1314", Some(WeakPin::Guessed)),
            ("13141314", Some(WeakPin::Guessed)),
            ("ＰＡＳＳＷＯＲＤ", Some(WeakPin::Guessed)),
            ("19850723", None),
            ("tulips-18", None),
            ("三楼的猫爱晒太阳", None),
        ] {
            assert_eq!(Pin::chosen(typed, Strength::Passphrase).err(), weak, "{typed}");
        }
        assert_eq!(
            Pin::chosen(&"长".repeat(201), Strength::Passphrase).err(),
            Some(WeakPin::PassphraseLength)
        );
    }
}
