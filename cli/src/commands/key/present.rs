//! The keys that are there, as the daemon's ObjectManager shows them, and the one a person means.

use std::collections::HashMap;

use fob_bus::types::KeySummary;
use fob_bus::{CallError, ErrorKind, names};
use zbus::{OwnedObjectPath, OwnedVariant};

use crate::Failure;
use crate::daemon::Daemon;
use crate::text::shown;

/// A key and where its object is.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) path: OwnedObjectPath,
    pub(crate) key: KeySummary,
}

impl Present {
    /// Id and product, for a person to choose by.
    pub(crate) fn label(&self) -> String {
        shown(&format!("{}  {}", self.key.id, self.key.product)).trim_end().to_owned()
    }

    /// Whether `name` is its id, or the beginning of its id or product name, in capitals or not.
    fn is_meant_by(&self, name: &str) -> bool {
        let begins = |text: &str| text.to_lowercase().starts_with(&name.to_lowercase());
        begins(&self.key.id) || begins(&self.key.product)
    }
}

/// All of them, in the order of their ids.
pub(super) async fn all(daemon: &Daemon) -> Result<Vec<Present>, Failure> {
    let objects = daemon.objects().await?.get_managed_objects().await.map_err(|error| match error {
        zbus::fdo::Error::ZBus(error) => CallError::from(error),
        error => CallError::from_error(ErrorKind::Failed, &error),
    })?;
    let mut keys: Vec<Present> = objects
        .into_iter()
        .filter_map(|(path, interfaces)| {
            let mut interfaces = interfaces.into_iter();
            let (_, properties) = interfaces.find(|(name, _)| name.as_str() == names::KEY_INTERFACE)?;
            Some(Present { path, key: summary(properties) })
        })
        .collect();
    keys.sort_by(|one, two| one.key.id.cmp(&two.key.id));
    Ok(keys)
}

fn summary(mut properties: HashMap<String, OwnedVariant>) -> KeySummary {
    let mut text =
        |name: &str| properties.remove(name).and_then(|value| String::try_from(value).ok()).unwrap_or_default();
    KeySummary {
        id: text("Id"),
        product: text("Product"),
        transport: text("Transport"),
        node: text("Node"),
        problem: Some(text("Problem")).filter(|problem| !problem.is_empty()),
    }
}

/// The key that `name` means.
pub(crate) async fn chosen(daemon: &Daemon, name: &str) -> Result<Present, Failure> {
    meant(all(daemon).await?, name)
}

/// The key that `name` means; without a name, the only one there is.
pub(crate) async fn the_one(daemon: &Daemon, name: Option<&str>) -> Result<Present, Failure> {
    let keys = all(daemon).await?;
    match (name, keys.as_slice()) {
        (Some(name), _) => meant(keys, name),
        (None, [key]) => Ok(key.clone()),
        (None, []) => Err(CallError::new(ErrorKind::NoKey, "there is no security key").into()),
        (None, _) => Err(several("there are several keys", &keys)),
    }
}

fn meant(keys: Vec<Present>, name: &str) -> Result<Present, Failure> {
    if let Some(exact) = keys.iter().find(|key| key.key.id.eq_ignore_ascii_case(name)) {
        return Ok(exact.clone());
    }
    let found: Vec<Present> = keys.into_iter().filter(|key| key.is_meant_by(name)).collect();
    match found.as_slice() {
        [key] => Ok(key.clone()),
        [] => Err(CallError::new(ErrorKind::UnknownKey, format!("no key here is called \"{name}\"")).into()),
        _ => Err(several(&format!("\"{name}\" can mean several keys"), &found)),
    }
}

fn several(message: &str, keys: &[Present]) -> Failure {
    let candidates = keys.iter().map(Present::label).collect();
    CallError::new(ErrorKind::AmbiguousKey, message).with_candidates(candidates).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, product: &str) -> Present {
        let path = OwnedObjectPath::try_from(format!("{}/{id}", names::KEYS)).unwrap();
        Present { path, key: KeySummary { id: id.to_owned(), product: product.to_owned(), ..KeySummary::default() } }
    }

    #[test]
    fn a_name_means_one_key_or_says_which_it_could_mean() {
        let keys = vec![key("aa11", "Maker One"), key("aa22", "Maker Two"), key("aa", "Other")];
        for (name, expected) in
            [("aa11", Ok("aa11")), ("maker t", Ok("aa22")), ("AA", Ok("aa")), ("maker", Err(2)), ("x", Err(0))]
        {
            let found = meant(keys.clone(), name);
            let found = found.as_ref().map(|key| key.key.id.as_str()).map_err(|failure| failure.candidates.len());
            assert_eq!(found, expected, "{name}");
        }
    }
}
