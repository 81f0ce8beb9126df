//! Rounds that are carried by hand: packed on a device, brought to the server once or twice, now or much
//! later, answered in a file that goes back the same way.

use anyhow::Result;
use app::Applied;
use records::wire::ErrorAnswer;
use server::database;
use server::fault::ServerFault;
use server::push::Pushed;
use server::round::{self, Asked};
use server::values;
use sync::courier::{self, Letter, Say};
use sync::seal::KeyPair;

use crate::device::Device;
use crate::life::Life;
use crate::mutant::Mutant;
use crate::server::Server;
use crate::skew::Version;
use crate::tally::Fault;

/// Most files on their way.
const MOST_CARRIED: usize = 6;

/// A file on its way.
pub(crate) struct Carried {
    /// Whose it is.
    place: usize,
    /// A question to the server, or its answer.
    is_answer: bool,
    bytes: Vec<u8>,
}

impl Life<'_> {
    /// A file is packed, reaches the server, or comes back.
    pub(crate) fn carry(&mut self, place: usize) -> Result<()> {
        if self.carried.is_empty() || self.chance.one_in(3) {
            return self.pack(place);
        }
        let which = usize::try_from(self.chance.below(self.carried.len() as u64))?;
        // Sticks are forgotten in drawers and brought again.
        let Carried { place, is_answer, bytes } = match self.chance.one_in(2) {
            true => self.carried.swap_remove(which),
            false => self.carried[which].clone(),
        };
        self.tally.fault(Fault::Carried, 1);
        if is_answer { self.bring_back(place, &bytes) } else { self.bring(place, &bytes) }
    }

    fn pack(&mut self, place: usize) -> Result<()> {
        self.revive(place)?;
        let device = &mut self.places[place].device;
        if device.version == Version::Older || self.carried.len() >= MOST_CARRIED {
            return Ok(());
        }
        let packed = device.with(self.now_ms, |app, context| app.pack_courier(context));
        if let Ok(packed) = packed {
            self.carried.push(Carried { place, is_answer: false, bytes: packed.bytes });
        }
        Ok(())
    }

    fn bring(&mut self, place: usize, file: &[u8]) -> Result<()> {
        if !self.server.is_up() {
            return Ok(());
        }
        let sender = self.places[place].device.owner;
        let answer = self.server.answer_carried(sender, file, self.now_ms)?;
        let answers = answer.map(|bytes| Carried { place, is_answer: true, bytes });
        self.carried.extend(answers);
        Ok(())
    }

    fn bring_back(&mut self, place: usize, file: &[u8]) -> Result<()> {
        self.revive(place)?;
        let device = &mut self.places[place].device;
        if device.is_applying() {
            return Ok(());
        }
        if device.read_carried(file, self.now_ms) {
            self.look_at_records(place)?;
        }
        self.places[place].device.look()?;
        self.note_saved(place)
    }
}

impl Clone for Carried {
    fn clone(&self) -> Self {
        Self { place: self.place, is_answer: self.is_answer, bytes: self.bytes.clone() }
    }
}

impl Device {
    /// Reads an answer that was brought, in one go as a person sees it; whether all of it was applied.
    fn read_carried(&mut self, file: &[u8], now_ms: i64) -> bool {
        let at_ms = now_ms.saturating_add(self.offset_ms);
        let read = self.with(now_ms, |app, context| {
            let upload = app.upload(file.to_vec());
            let mut unapplied = app.read_courier(upload, context)?;
            while app.apply_step(&mut unapplied, at_ms)? == Applied::More {}
            Ok(())
        });
        match &read {
            Ok(()) => self.watch.keep(),
            Err(_) => self.watch.start(),
        }
        read.is_ok()
    }
}

impl Server {
    /// Answers a file; nothing where it cannot be opened, or the server died of it.
    fn answer_carried(
        &mut self,
        sender: records::AccountId,
        file: &[u8],
        now_ms: i64,
    ) -> Result<Option<Vec<u8>>> {
        let keys = KeyPair::of_server(&self.secret);
        let Ok((header, letter)) = courier::read_question(file, &keys) else { return Ok(None) };
        let said = self.carried_rounds(sender, &letter, now_ms)?;
        if self.disk().has_lost_power() {
            self.stop();
            return Ok(None);
        }
        let refusal = |fault: &ServerFault| {
            minicbor::to_vec(ErrorAnswer { code: fault.code().to_owned() }).unwrap_or_default()
        };
        let say = match &said {
            Ok(answer) => {
                self.said.hear(answer);
                Say::Answer(answer)
            }
            // It may be brought again.
            Err(fault) if fault.status().is_server_error() => return Ok(None),
            Err(fault) => Say::Refusal(fault.status().as_u16(), refusal(fault)),
        };
        let chance = &mut self.chance;
        let mut random = |buffer: &mut [u8]| chance.fill(buffer);
        Ok(courier::answer((&header, &letter), say, &self.secret, now_ms, &mut random).ok())
    }

    fn carried_rounds(
        &mut self,
        sender: records::AccountId,
        letter: &Letter,
        now_ms: i64,
    ) -> Result<Result<records::wire::SyncAnswer, ServerFault>> {
        let (mut all, mut last) = (Pushed::default(), None);
        for number in 0..letter.rounds() {
            let asked = Asked { token: letter.token.to_vec(), request: letter.request(number)? };
            let pushed = match self.settle(sender, &asked, now_ms)? {
                Ok(pushed) => pushed,
                Err(fault) => return Ok(Err(fault)),
            };
            (all.settled, all.is_clone) = (pushed.settled, pushed.is_clone);
            all.results.extend(pushed.results);
            last = Some(asked);
        }
        let Some(asked) = last else { return Ok(Err(ServerFault::Garbage(None))) };
        if self.mutant == Some(Mutant::CarriedForgotten) {
            self.forget_ops_of(&asked)?;
        }
        let pulled = self.pull(&asked)?;
        Ok(pulled.map(|pulled| round::answer(all, pulled, self.epoch, now_ms)))
    }

    fn forget_ops_of(&mut self, asked: &Asked) -> Result<()> {
        let life = asked.request.incarnation;
        let Some(connection) = self.connection_mut() else { return Ok(()) };
        let _ = database::write(connection, |tx| {
            tx.execute("DELETE FROM result WHERE incarnation = ?1", values![life.as_bytes()])?;
            tx.execute("DELETE FROM incarnation WHERE id = ?1", values![life.as_bytes()]).map(drop)?;
            Ok(())
        });
        Ok(())
    }
}
