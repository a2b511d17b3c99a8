//! Calls to fobd: one connection, no cached properties, no introspection.

use std::os::fd::OwnedFd;

use fob_bus::proxy::{
    Key1Proxy, Loopback1Proxy, Manager1Proxy, Otp1Proxy, Policy1Proxy, Request1Proxy, Vault1Proxy, WebAuthn1Proxy,
};
use fob_bus::types::Status;
use fob_bus::{CallError, names};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use zbus::fdo::ObjectManagerProxy;
use zbus::proxy::{Builder, CacheProperties, Defaults};
use zbus::{Connection, ObjectPath, OwnedObjectPath, Proxy};

use crate::secret::no_pipe;
use crate::{Failure, World};

/// fobd, connected.
pub(crate) struct Daemon(Connection);

impl Daemon {
    /// Connects, after a look at who listens.
    pub(crate) async fn call(world: &World) -> Result<Self, Failure> {
        Ok(Self(world.door.connect().await?))
    }

    /// The connection, for signals.
    pub(crate) fn connection(&self) -> &Connection {
        &self.0
    }

    pub(crate) async fn manager(&self) -> Result<Manager1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn vault(&self) -> Result<Vault1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn otp(&self) -> Result<Otp1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn web_authn(&self) -> Result<WebAuthn1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn policy(&self) -> Result<Policy1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn loopback(&self) -> Result<Loopback1Proxy<'static>, CallError> {
        self.at(names::ROOT).await
    }

    pub(crate) async fn key(&self, path: OwnedObjectPath) -> Result<Key1Proxy<'static>, CallError> {
        self.at(path.into_inner()).await
    }

    pub(crate) async fn request(&self, path: OwnedObjectPath) -> Result<Request1Proxy<'static>, CallError> {
        self.at(path.into_inner()).await
    }

    pub(crate) async fn objects(&self) -> Result<ObjectManagerProxy<'static>, CallError> {
        let builder = ObjectManagerProxy::builder(&self.0).destination(names::BUS_NAME).path(names::ROOT);
        Ok(builder.cache_properties(CacheProperties::No).build().await?)
    }

    /// How things stand.
    pub(crate) async fn status(&self) -> Result<Status, CallError> {
        self.manager().await?.status().await
    }

    async fn at<P>(&self, path: impl TryInto<ObjectPath<'static>, Error: Into<zbus::Error>>) -> Result<P, CallError>
    where
        P: From<Proxy<'static>> + Defaults,
    {
        Ok(Builder::new(&self.0).path(path).cache_properties(CacheProperties::No).build().await?)
    }
}

/// An empty pipe for a secret that the daemon gives: our end, its end.
pub(crate) fn awaiting() -> Result<(OwnedFd, OwnedFd), Failure> {
    fob_bus::pipe::awaiting().map_err(|error| no_pipe(&error))
}

/// The short text that came through a pipe.
pub(crate) fn text_of(reader: &OwnedFd) -> Result<zeroize::Zeroizing<String>, Failure> {
    long_text_of(reader, fob_bus::pipe::SHORT)
}

/// What has come through a pipe by now, if it is text: a secret is put there in one piece. Waits for nothing.
pub(crate) fn text_by_now(reader: &OwnedFd) -> Option<zeroize::Zeroizing<String>> {
    fcntl_setfl(reader, fcntl_getfl(reader).ok()? | OFlags::NONBLOCK).ok()?;
    let mut bytes = zeroize::Zeroizing::new([0; fob_bus::pipe::SHORT]);
    let length = rustix::io::read(reader, &mut bytes[..]).ok()?;
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?.trim_end();
    (!text.is_empty()).then(|| zeroize::Zeroizing::new(text.to_owned()))
}

/// A text of at most so many bytes that came through a pipe.
pub(crate) fn long_text_of(reader: &OwnedFd, limit: usize) -> Result<zeroize::Zeroizing<String>, Failure> {
    let bytes = fob_bus::pipe::take(reader, limit)
        .map_err(|error| Failure::new(crate::Exit::Failed, "fobd's answer did not come through").because(&error))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Failure::new(crate::Exit::Failed, "fobd's answer is no text").because(&error))?;
    Ok(zeroize::Zeroizing::new(text.trim_end().to_owned()))
}
