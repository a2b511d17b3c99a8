//! From what a person types to the one entry that is meant.
//!
//! The best kind of match decides, and within it nothing is chosen for the person: several are several.

/// What a query found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// Nothing matches.
    Nothing,
    /// Exactly one entry matches.
    One(T),
    /// More than one entry matches equally well, in the order they came.
    Several(Vec<T>),
}

/// Looks for `query` among entries of (what to give back, issuer, name). A blank query finds nothing.
///
/// A whole `issuer:name`, a whole issuer or a whole name comes first, then the same in another case, then entries that
/// have each word of the query somewhere. Folding case is what takes time among ten thousand entries, so whoever typed the
/// name as it is does not wait for it.
pub fn search<'a, T>(
    query: &str,
    entries: impl IntoIterator<Item = (T, &'a str, &'a str), IntoIter: Clone>,
) -> Found<T> {
    let query = query.trim();
    if query.is_empty() {
        return Found::Nothing;
    }
    let entries = entries.into_iter();
    let whole = entries.clone().filter(|(_, issuer, name)| is_whole(query, issuer, name));
    match Found::of(whole.map(|(entry, ..)| entry).collect()) {
        Found::Nothing => search_in_any_case(&query.to_lowercase(), entries),
        found => found,
    }
}

fn search_in_any_case<'a, T>(query: &str, entries: impl Iterator<Item = (T, &'a str, &'a str)>) -> Found<T> {
    let (mut whole, mut with_words) = (Vec::new(), Vec::new());
    for (entry, issuer, name) in entries {
        let (issuer, name) = (issuer.to_lowercase(), name.to_lowercase());
        if is_whole(query, &issuer, &name) {
            whole.push(entry);
        } else if query.split_whitespace().all(|word| issuer.contains(word) || name.contains(word)) {
            with_words.push(entry);
        }
    }
    Found::of(if whole.is_empty() { with_words } else { whole })
}

impl<T> Found<T> {
    fn of(mut entries: Vec<T>) -> Self {
        match entries.len() {
            0 => Self::Nothing,
            1 => entries.pop().map_or(Self::Nothing, Self::One),
            _ => Self::Several(entries),
        }
    }
}

/// Whether the query is all of the issuer, all of the name, or both with a colon between.
fn is_whole(query: &str, issuer: &str, name: &str) -> bool {
    let both = || query.strip_prefix(issuer)?.strip_prefix(':').map(|rest| rest.trim_start() == name);
    query == issuer || query == name || both() == Some(true)
}

#[cfg(test)]
mod tests;
