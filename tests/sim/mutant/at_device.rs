//! What mutants do on a device, around what it really does.

use app::App;
use records::wire::SyncAnswer;
use sync::device::Incoming;
use sync::frame;

use super::Mutant;

impl Mutant {
    /// After the app was opened.
    pub fn opened(self, app: &mut App) {
        if self == Self::NumbersRestart {
            run(app, "DELETE FROM meta WHERE name = 'next_push_seq' AND NOT EXISTS (SELECT 1 FROM outbox)");
        }
        if self == Self::KeptWhenItLeft {
            run(app, KEEP);
        }
    }

    /// Before a round.
    pub fn beginning(self, app: &mut App) {
        if self == Self::AnchorUntold {
            run(app, "DELETE FROM meta WHERE name = 'anchor'");
        }
    }

    /// Once a round is on its way.
    pub fn begun(self, app: &mut App) {
        if self == Self::ForgottenWhenSent {
            run(app, "DELETE FROM outbox; DELETE FROM outbox_record; UPDATE record SET pending = 0");
        }
    }

    /// Once an answer was read, and before its changes are applied.
    pub fn heard(self, app: &mut App, incoming: &Incoming) {
        match self {
            Self::CursorTooEarly => run_ahead(app, incoming),
            Self::ShownAsConfirmed => {
                run(app, "UPDATE record SET confirmed = promised WHERE promised IS NOT NULL AND version > 0");
            }
            Self::RefusedDropped => {
                run(app, "DELETE FROM refused; DELETE FROM refused_record; UPDATE record SET refused = 0");
            }
            _ => {}
        }
    }

    /// Once the server has answered about a part of a photo.
    pub fn photo_heard(self, app: &mut App) {
        if self == Self::PhotoThereTooEarly {
            run(app, "UPDATE attachment SET is_held = 1 WHERE there > 0");
        }
    }

    /// Once something was taken back.
    pub fn taken_back(self, app: &mut App) {
        if self == Self::GapAfterUndo {
            run(app, "DELETE FROM outbox WHERE title = ''");
        }
    }
}

/// What is to be emptied stays. The digest does not know.
const KEEP: &str = "CREATE TEMP TRIGGER IF NOT EXISTS keep BEFORE UPDATE OF confirmed ON record
                    WHEN new.version = 0 AND old.version > 0 BEGIN SELECT RAISE(IGNORE); END";

/// Where the power goes, the mutant does nothing.
fn run(app: &mut App, sql: &str) {
    let _ = app.store().write(|tx| Ok(tx.execute_batch(sql)?));
}

fn run_ahead(app: &mut App, incoming: &Incoming) {
    let body = sync::pack::unpack(&incoming.body, incoming.content_encoding.as_deref());
    let answer = body.ok().and_then(|body| frame::read::<SyncAnswer>(&body).ok());
    for page in answer.into_iter().flat_map(|answer| answer.scopes) {
        let ahead = "UPDATE scope SET cursor = ?2, digest = ?3 WHERE name = ?1";
        let (name, digest) = (page.scope.to_string(), page.digest.unwrap_or_default());
        let _ = app.store().write(|tx| Ok(tx.execute(ahead, (name, page.to, digest)).map(drop)?));
    }
}
