//! Rounds that were carried here by hand: opened, settled and answered like any other.

use std::sync::Arc;

use records::wire::{ErrorAnswer, SyncAnswer};
use sync::clock;
use sync::courier::{self, CourierFault, Header, Letter, Say};
use sync::seal::KeyPair;
use sync::signature::digest;

use crate::Database;
use crate::database::device;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::push::Pushed;
use crate::round::{self, Asked};
use crate::{protocol, random, tokens};

/// What answering needs beside the file.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub database: Database,
    /// The secret half of the signing key.
    pub secret_key: Arc<[u8; 32]>,
    /// The database's epoch.
    pub epoch: u64,
}

impl Desk {
    /// Answers a question. What the server says to its device, a refusal too, is for that device alone;
    /// whoever carried it learns only that there is an answer.
    ///
    /// # Errors
    /// [`ServerFault::Courier`] for what cannot be opened; a failure of the database, after which the
    /// file may be brought again.
    pub async fn answer(&self, file: Vec<u8>, now_ms: i64) -> Result<Vec<u8>, ServerFault> {
        let keys = KeyPair::of_server(&self.secret_key);
        let (header, letter) = apart(move || courier::read_question(&file, &keys)).await??;
        let letter = Arc::new(letter);
        match self.rounds(&letter, now_ms).await {
            Err(fault) if fault.status().is_server_error() => Err(fault),
            said => self.seal(header, letter, said, now_ms).await,
        }
    }

    /// All its rounds, as one answer. Commits of all of them, changes as the last one asks.
    async fn rounds(&self, letter: &Arc<Letter>, now_ms: i64) -> Result<SyncAnswer, ServerFault> {
        let mut all = Pushed::default();
        let mut last = None;
        let seen_ms = self.seen_ms(letter.clone()).await?;
        for number in 0..letter.rounds() {
            let mut asked = self.asked(letter.clone(), number).await?;
            asked.request.clock_ms = clock::carried(asked.request.clock_ms, seen_ms, now_ms);
            let asked = Arc::new(asked);
            let settling = asked.clone();
            let pushed = self
                .database
                .write(move |transaction| round::settle_carried(transaction, &settling, now_ms))
                .await?;
            (all.settled, all.is_clone) = (pushed.settled, pushed.is_clone);
            all.is_cut |= pushed.is_cut;
            all.results.extend(pushed.results);
            last = Some(asked);
        }
        let asked = last.ok_or(CourierFault::Damaged)?;
        let (device, pulled) = self.database.read(move |snapshot| round::read(snapshot, &asked)).await?;
        tracing::info!(%device, rounds = letter.rounds(), settled = all.settled, "carried");
        Ok(round::answer(all, pulled, self.epoch, now_ms))
    }

    /// When the device that wrote it last asked by itself.
    async fn seen_ms(&self, letter: Arc<Letter>) -> Result<Option<i64>, ServerFault> {
        let look = move |snapshot: &dyn Sql| {
            let hash = digest(&letter.token);
            match device::by_token(snapshot, &hash)? {
                Some(device) => Ok(device.last_seen_ms),
                None => Err(tokens::refusal(snapshot, &hash)?),
            }
        };
        self.database.read(look).await
    }

    async fn asked(&self, letter: Arc<Letter>, number: usize) -> Result<Asked, ServerFault> {
        let token = letter.token.to_vec();
        let request = apart(move || letter.request(number)).await??;
        protocol::understood(request.protocol)?;
        Ok(Asked { token, request })
    }

    async fn seal(
        &self,
        header: Header,
        letter: Arc<Letter>,
        said: Result<SyncAnswer, ServerFault>,
        now_ms: i64,
    ) -> Result<Vec<u8>, ServerFault> {
        let secret_key = self.secret_key.clone();
        let seal = move || {
            let say = match &said {
                Ok(answer) => Say::Answer(answer),
                Err(fault) => Say::Refusal(fault.status().as_u16(), refusal(fault)),
            };
            courier::answer((&header, &letter), say, &secret_key, now_ms, &mut random::fill)
        };
        Ok(apart(seal).await??)
    }
}

fn refusal(fault: &ServerFault) -> Vec<u8> {
    tracing::info!(code = fault.code(), "carried request refused");
    minicbor::to_vec(ErrorAnswer { code: fault.code().to_owned() }).unwrap_or_default()
}

/// Opening and sealing megabytes takes its time; other requests need not wait for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServerFault> {
    tokio::task::spawn_blocking(work).await.map_err(ServerFault::Panicked)
}
