//! Posting bytes to a server as a shell does.

use std::io::Read;
use std::time::Duration;

use records::wire::MAX_COMPRESSED;
use sync::device::{CONTENT_TYPE, Incoming, Outgoing, SIGNATURE_HEADER};
use ureq::Agent;

/// An HTTP client that gives up on silence, not on slowness.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// How long nothing may come.
    pub patience: Duration,
}

impl Post {
    /// Posts a request over a connection of its own and reads the answer, at most one byte more than
    /// is allowed.
    ///
    /// # Errors
    /// When nobody answers, or the answer breaks off.
    pub fn post(self, server: &str, outgoing: &Outgoing) -> Result<Incoming, ureq::Error> {
        Self::over(&self.agent(0), server, outgoing)
    }

    /// The same over the connections of an agent.
    ///
    /// # Errors
    /// As [`Post::post`].
    pub fn over(agent: &Agent, server: &str, outgoing: &Outgoing) -> Result<Incoming, ureq::Error> {
        let mut request = agent
            .post(format!("{server}{}", outgoing.path))
            .header("Content-Type", CONTENT_TYPE)
            .header("Accept-Encoding", outgoing.accept_encoding);
        if let Some(encoding) = outgoing.content_encoding {
            request = request.header("Content-Encoding", encoding);
        }
        if let Some(authorization) = outgoing.authorization() {
            request = request.header("Authorization", authorization);
        }
        let mut response = request.send(&outgoing.body[..])?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut incoming = Incoming {
            status: response.status().as_u16(),
            content_type: header("content-type"),
            content_encoding: header("content-encoding"),
            signature: header(SIGNATURE_HEADER),
            body: Vec::new(),
        };
        let body = response.body_mut().as_reader();
        body.take(MAX_COMPRESSED as u64 + 1).read_to_end(&mut incoming.body)?;
        Ok(incoming)
    }

    /// An agent that keeps its connection, as a shell does.
    pub fn keeping_connections(self) -> Agent {
        self.agent(1)
    }

    fn agent(self, most_idle: usize) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(most_idle)
            .timeout_connect(Some(self.patience))
            .timeout_recv_response(Some(self.patience))
            .timeout_per_read(Some(self.patience));
        config.build().new_agent()
    }
}
