//! What mends a refused change: for each reason the way that leads somewhere, and none that does not.

/// The way that mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// The change is as it should be: later, or after an update, the server takes it.
    SendAgain,
    /// Somebody has to allow it or the record has to be looked at first; then it can be sent again.
    LookThenSend,
    /// It has to say something else.
    Correct,
    /// The record was deleted: it can be brought back, with the change.
    Restore,
    /// It can only be looked at: the record is not to be changed like this.
    Look,
}

/// The way for a reason.
pub fn mend(code: &str) -> Mend {
    match code {
        // Both sides have the change as it should be: it takes time, or an update of one of them.
        "commit.failed" | "commit.malformed" | "commit.newer" | "commit.outcome_newer" => Mend::SendAgain,
        "record.kind_unknown" | "record.malformed" | "command.unknown" => Mend::SendAgain,
        "record.not_permitted" | "record.scope_wrong" | "commit.too_many_conflicts" => Mend::LookThenSend,
        "record.deleted" => Mend::Restore,
        "record.missing" | "record.stays" | "record.append_only" | "record.for_somebody_to_see" => Mend::Look,
        "record.field_fixed" | "record.field_decided" | "commit.too_many_ops" => Mend::Look,
        "amendment.not_yours" | "amendment.nothing_there" | "quarantine.rejected" => Mend::Look,
        // A step that others were quicker with, or that is not this person's to take.
        "matter.ended" | "matter.state_wrong" | "matter.not_yours" | "matter.reopen_too_late" => Mend::Look,
        "matter.not_self_closed" | "matter.target_wrong" => Mend::Look,
        _ if code.starts_with("wish.") || code.starts_with("claim.") => Mend::Look,
        _ => Mend::Correct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_again_that_would_be_refused_again() {
        assert_eq!(mend("commit.failed"), Mend::SendAgain);
        assert_eq!(mend("record.not_permitted"), Mend::LookThenSend);
        for code in ["amendment.not_yours", "matter.state_wrong", "claim.full", "record.field_decided"] {
            assert_eq!(mend(code), Mend::Look, "{code}");
        }
        for code in ["household.note_too_long", "visit.future", "record.exists", "commit.op_too_large"] {
            assert_eq!(mend(code), Mend::Correct, "{code}");
        }
    }
}
