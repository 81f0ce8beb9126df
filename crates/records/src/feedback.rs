//! 投诉建议 about the app itself, which it must offer inside (国办函〔2026〕12号, domain §0).

use minicbor::{Decode, Encode};

use crate::Body;
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, plausible, readable, texts_fit,
};
use crate::scope::Audience;
use crate::time::Moment;

/// One complaint or suggestion to the host unit of the county. It is handed in (`permissions::HANDED_IN`): it is kept
/// without its sender, who is known only where they wrote how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Feedback {
    /// When, by the device's clock.
    #[n(0)]
    pub at: Moment,
    /// What, 1–1,000 characters.
    #[n(1)]
    pub text: String,
    /// How to reach whoever wrote it, if they wish an answer.
    #[n(2)]
    pub contact: Option<String>,
}

impl Record for Feedback {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(50),
        name: "feedback",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 1,
        fields: &[Field::fixed(0, "at"), Field::fixed(1, "text"), Field::fixed(2, "contact")],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let feedback: Feedback = readable(body)?;
    plausible(feedback.at)?;
    texts_fit(&feedback.contact, NAME_LENGTH)?;
    match feedback.text.chars().count() {
        _ if feedback.text.trim().is_empty() => Err("feedback.text_missing"),
        1_001.. => Err("feedback.text_too_long"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_has_words_and_perhaps_a_way_back() {
        let at = Moment::beijing(1_795_000_000_000);
        let of = |text: &str| Feedback { at, text: text.to_owned(), contact: None };
        for (feedback, expected) in [
            (of("字太小"), Ok(())),
            (of(&"长".repeat(1_000)), Ok(())),
            (of(&"长".repeat(1_001)), Err("feedback.text_too_long")),
            (of(" \n"), Err("feedback.text_missing")),
            (Feedback { contact: Some("长".repeat(61)), ..of("字太小") }, Err("record.text_too_long")),
        ] {
            assert_eq!(check(&feedback.to_body()), expected);
        }
    }
}
