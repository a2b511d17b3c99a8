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

/// How well an entry matches; less is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The query is its `issuer:name`, its issuer or its name.
    Exact,
    /// The same in another case.
    ExactButForCase,
    /// Each word of the query stands somewhere in issuer or name, whatever the case.
    Words,
}

/// Looks for `query` among entries of (what to give back, issuer, name). A blank query finds nothing.
///
/// A whole `issuer:name`, a whole issuer or a whole name comes first, then the same in another case, then entries that
/// have each word of the query somewhere.
pub fn search<'a, T>(query: &str, entries: impl IntoIterator<Item = (T, &'a str, &'a str)>) -> Found<T> {
    let query = Query::new(query);
    let mut best = Rank::Words;
    let mut found = Vec::new();
    for (entry, issuer, name) in entries {
        let Some(rank) = query.rank(issuer, name, best) else { continue };
        if rank < best {
            found.clear();
            best = rank;
        }
        found.push(entry);
    }
    match found.len() {
        0 => Found::Nothing,
        1 => found.pop().map_or(Found::Nothing, Found::One),
        _ => Found::Several(found),
    }
}

/// A query, prepared once for all entries.
struct Query<'a> {
    text: &'a str,
    lower: String,
}

impl<'a> Query<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.trim();
        Self { text, lower: text.to_lowercase() }
    }

    /// The rank of an entry, unless it is worse than `worst`.
    fn rank(&self, issuer: &str, name: &str, worst: Rank) -> Option<Rank> {
        if self.text.is_empty() {
            return None;
        }
        if is_whole(self.text, issuer, name) {
            return Some(Rank::Exact);
        }
        if worst == Rank::Exact {
            return None;
        }
        let (issuer, name) = (issuer.to_lowercase(), name.to_lowercase());
        if is_whole(&self.lower, &issuer, &name) {
            return Some(Rank::ExactButForCase);
        }
        let mut words = self.lower.split_whitespace();
        let all = worst == Rank::Words && words.all(|word| issuer.contains(word) || name.contains(word));
        all.then_some(Rank::Words)
    }
}

/// Whether the query is all of the issuer, all of the name, or both with a colon between.
fn is_whole(query: &str, issuer: &str, name: &str) -> bool {
    let both = || query.strip_prefix(issuer)?.strip_prefix(':').map(|rest| rest.trim_start() == name);
    query == issuer || query == name || both() == Some(true)
}

#[cfg(test)]
mod tests;
