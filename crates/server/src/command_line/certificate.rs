//! How TLS is asked for.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use lexopt::ValueExt as _;
use server::database::Place;
use server::tls::{Certificate, host_of};

use super::{Given, Mistake};

/// The folder of the server's own authority inside a data folder.
const TLS: &str = "tls";

impl Given {
    /// Where the certificate comes from, if TLS is wanted.
    pub(super) fn certificate(
        &mut self,
        place: &Place,
        url: Option<&str>,
        listen: Option<SocketAddr>,
    ) -> Result<Option<Certificate>, Box<dyn Error>> {
        let given = ["tls-certificate", "tls-key"].map(|name| self.take(name).map(PathBuf::from));
        let is_own = std::mem::take(&mut self.tls) || self.settings.get("tls").is_some_and(|so| so == "true");
        let (names, folder) = (self.names(url, listen)?, self.take("tls-folder").map(PathBuf::from));
        match (given, is_own) {
            ([None, None], false) => Ok(None),
            ([None, None], true) => {
                let folder = match (folder, place) {
                    (Some(folder), _) => folder,
                    (None, Place::Folder(data)) => data.join(TLS),
                    (None, Place::Postgres(_)) => return Err(Mistake::Missing("--tls-folder DIR").into()),
                };
                Ok(Some(Certificate::Own { folder, names }))
            }
            ([Some(certificate), Some(key)], false) => Ok(Some(Certificate::Given { certificate, key })),
            _ => Err(Mistake::HalfACertificate.into()),
        }
    }

    /// Under which names devices reach the server: those that were said, and the host of the address they are told.
    fn names(
        &mut self,
        url: Option<&str>,
        listen: Option<SocketAddr>,
    ) -> Result<Vec<String>, Box<dyn Error>> {
        let mut names: Vec<String> = url.and_then(host_of).map(str::to_owned).into_iter().collect();
        // Said several times, or once with commas where a setting says it.
        while let Some(said) = self.option("tls-name") {
            names.extend(said.string()?.split(',').map(|name| name.trim().to_owned()));
        }
        if let Some(said) = self.settings.get("tls-name") {
            names.extend(said.string()?.split(',').map(|name| name.trim().to_owned()));
        }
        let here = listen.map(|address| address.ip()).filter(|ip| !ip.is_unspecified());
        names.extend(here.map(|ip| ip.to_string()).filter(|_| names.is_empty()));
        Ok(names)
    }
}
