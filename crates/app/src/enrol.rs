//! Enrolment: an invitation becomes an identity, and the server's key is pinned.

use records::call::{Enrol, Session};
use records::wire::{EnrolAnswer, EnrolRequest, PROTOCOL};
use records::{Fault, Incarnation};
use store::identity::{self, Identity};
use sync::device::{self, Incoming, Outgoing};
use sync::{Invitation, ServerAddress};

use crate::{Answer, App, Context};

/// An enrolment that waits for the server's answer.
pub struct Enrolment {
    /// The server.
    pub server: ServerAddress,
    /// The request for the shell to post.
    pub outgoing: Outgoing,
    nonce: [u8; 16],
    expected_key: Option<Vec<u8>>,
}

impl App {
    /// Reads what the person typed or pasted and prepares the request. A device that the server turned away can enrol
    /// again: what was not sent goes out then.
    ///
    /// # Errors
    /// `invitation.*` when it is none; `enrol.already` when this device belongs to somebody and the server knows it.
    pub fn begin_enrolment(&mut self, typed: &Enrol, context: &mut Context<'_>) -> Answer<Enrolment> {
        if self.store.read(identity::identity)?.is_some() && !self.rounds.is_turned_away() {
            return Err(Fault::new("enrol.already"));
        }
        let invitation = invitation_of(typed)?;
        let nonce = self.nonce_for(&invitation.code, context)?;
        let request = EnrolRequest {
            protocol: PROTOCOL,
            code: invitation.code.clone(),
            device_name: typed.device_name.trim().chars().take(60).collect(),
            nonce: nonce.to_vec().into(),
        };
        Ok(Enrolment {
            outgoing: device::enrol_request(&request),
            expected_key: invitation.expected_key(),
            server: invitation.address(),
            nonce,
        })
    }

    /// The same for every try with one code: the server knows it again when its answer got lost.
    fn nonce_for(&mut self, code: &str, context: &mut Context<'_>) -> Answer<[u8; 16]> {
        let fresh = context.random::<16>();
        Ok(self.store.write(|tx| match identity::redeeming(tx, code)? {
            Some(nonce) => Ok(nonce),
            None => identity::set_redeeming(tx, code, fresh).map(|()| fresh),
        })?)
    }

    /// Takes the server's answer; from here on this device is enrolled.
    ///
    /// # Errors
    /// `enrol.other_person` on a device that holds the work of somebody else, or of another server: nothing changes.
    pub fn finish_enrolment(
        &mut self,
        enrolment: &Enrolment,
        incoming: &Incoming,
        context: &mut Context<'_>,
    ) -> Answer<Session> {
        let expected = enrolment.expected_key.as_deref();
        let answer = device::read_enrol_answer(incoming, &enrolment.nonce, expected)
            .map_err(|fault| Fault::new(fault.code()))?;
        let identity = identity_of(&answer, &enrolment.server.url, context);
        let known = self.store.read(identity::identity)?;
        if known.as_ref().is_some_and(|known| !is_of_the_same(known, &identity)) {
            return Err(Fault::new("enrol.other_person"));
        }
        if known.is_some() {
            // Numbers belong to the device that was; should this be all that is done, they are told again.
            self.store.send_all_again(identity.incarnation)?;
        }
        self.store.write(|tx| {
            identity::set_identity(tx, &identity)?;
            identity::set_pin(tx, enrolment.server.pin.as_ref())?;
            answer.sealing_key.as_ref().map_or(Ok(()), |key| identity::set_sealing_key(tx, key))?;
            store::scope::grant(tx, &answer.granted)
        })?;
        self.rounds.enrolled();
        self.session(context)
    }
}

/// Whether somebody enrols again the device that holds their own work.
fn is_of_the_same(known: &Identity, new: &Identity) -> bool {
    (known.account, &known.server_key) == (new.account, &new.server_key)
}

fn invitation_of(typed: &Enrol) -> Answer<Invitation> {
    Invitation::entered(&typed.server, &typed.code).map_err(|fault| Fault::new(fault.code()))
}

fn identity_of(answer: &EnrolAnswer, server: &str, context: &mut Context<'_>) -> Identity {
    Identity {
        device: answer.device,
        incarnation: Incarnation::new(context.now.utc_ms, context.random()),
        token: answer.token.clone(),
        server_key: answer.server_key.clone(),
        server: server.to_owned(),
        account: answer.account,
        name: answer.name.clone(),
        role: answer.role,
        area: answer.area.clone(),
    }
}
