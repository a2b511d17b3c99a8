//! The names of columns out of `CREATE TABLE`, the only SQL that is looked at.

/// Words that begin a constraint of the table, not a column.
const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The columns in order; empty if this is no such statement.
pub(super) fn columns(sql: &str) -> Vec<String> {
    let Some((_, body)) = sql.split_once('(') else { return Vec::new() };
    definitions(body).filter_map(name).collect()
}

/// The comma-separated pieces up to the closing bracket.
fn definitions(body: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        let (end, last) = end_of_piece(text);
        rest = if last { None } else { text.get(end + 1..) };
        text.get(..end)
    })
}

/// Where a piece ends, and whether it is the last one.
fn end_of_piece(text: &str) -> (usize, bool) {
    let (mut depth, mut quote) = (0_usize, None);
    for (place, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(end), byte) if byte == end => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'`' | b'\'') => quote = Some(byte),
            (None, b'[') => quote = Some(b']'),
            (None, b'(') => depth += 1,
            (None, b')') if depth == 0 => return (place, true),
            (None, b')') => depth -= 1,
            (None, b',') if depth == 0 => return (place, false),
            _ => {}
        }
    }
    (text.len(), true)
}

/// The first word of a piece, without quotes.
fn name(definition: &str) -> Option<String> {
    let definition = definition.trim_start();
    let first = definition.chars().next()?;
    let end = match first {
        '"' | '`' | '\'' => first,
        '[' => ']',
        _ => {
            let word = definition.split(|character: char| character.is_whitespace() || character == '(').next()?;
            let is_constraint = CONSTRAINTS.iter().any(|known| word.eq_ignore_ascii_case(known));
            return (!is_constraint).then(|| word.to_owned());
        }
    };
    let inside = definition.get(1..)?;
    inside.split(end).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_among_types_and_constraints() {
        for (sql, expected) in [
            ("CREATE TABLE a (locale TEXT)", &["locale"][..]),
            ("CREATE TABLE `a` (`_id` INTEGER PRIMARY KEY AUTOINCREMENT, `x` TEXT NOT NULL)", &["_id", "x"]),
            ("CREATE TABLE \"a\" (\n\"issuer\" varchar(32) ,\n\"we,ird\" integer )", &["issuer", "we,ird"]),
            ("CREATE TABLE a([b c] TEXT DEFAULT ')', d, PRIMARY KEY (d), CHECK(d > 0))", &["b c", "d"]),
            ("CREATE TABLE a(b", &["b"]),
            ("CREATE VIRTUAL TABLE", &[]),
        ] {
            assert_eq!(columns(sql), expected, "{sql}");
        }
    }
}
