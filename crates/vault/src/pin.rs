//! What a person knows: six digits at least, or any words.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Fewest characters.
const SHORTEST: usize = 6;
/// Most characters; more is not typed, and would only keep the device busy.
const LONGEST: usize = 200;

/// A PIN or passphrase, the same however a keyboard writes it: wide digits are digits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Pin(String);

/// Why a PIN is none to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakPin {
    /// Below six characters, or beyond two hundred.
    #[error("too short or too long")]
    Length,
    /// Everybody tries it first: one digit again and again, or digits in a row.
    #[error("everybody tries it first")]
    Guessed,
}

impl WeakPin {
    /// Stable code, for the sentence a person reads.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "lock.pin_length",
            Self::Guessed => "lock.pin_guessed",
        }
    }
}

impl Pin {
    /// What was typed to open.
    pub fn typed(text: &str) -> Self {
        Self(text.trim().nfkc().take(LONGEST).collect())
    }

    /// What was typed to be chosen.
    ///
    /// # Errors
    /// Why another one is better.
    pub fn chosen(text: &str) -> Result<Self, WeakPin> {
        let count = text.trim().nfkc().count();
        if !(SHORTEST..=LONGEST).contains(&count) {
            return Err(WeakPin::Length);
        }
        let pin = Self::typed(text);
        let steps = pin.0.chars().zip(pin.0.chars().skip(1)).map(|(a, b)| b as i64 - a as i64);
        let steps: Vec<i64> = steps.collect();
        let is_even = steps.iter().all(|step| *step == steps[0] && (-1..=1).contains(step));
        if is_even { Err(WeakPin::Guessed) } else { Ok(pin) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
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
            assert_eq!(Pin::chosen(typed).err(), weak, "{typed}");
        }
        assert_eq!(Pin::chosen(&"长".repeat(201)).err(), Some(WeakPin::Length));
    }

    #[test]
    fn a_pin_is_the_same_however_it_is_typed() {
        let chosen = Pin::chosen("135790").unwrap();
        for typed in ["135790", " 135790 ", "１３５７９０"] {
            assert!(Pin::typed(typed) == chosen, "{typed}");
        }
        assert!(Pin::typed("135 790") != chosen, "a passphrase has spaces");
    }
}
