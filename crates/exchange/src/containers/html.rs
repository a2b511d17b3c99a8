//! Text between tags of HTML pages that programs export to be printed. No parser of HTML: only what those two pages
//! are made of, which is tags without `>` in their attributes and texts without scripts.

use std::borrow::Cow;

/// The texts of all elements of that name, without tags inside, in order. Elements of one name do not nest here.
pub(crate) fn elements<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let inside = after_tag(rest, name)?;
        let (text, after) = split_closing(inside, name)?;
        rest = after;
        Some(text)
    })
}

/// What follows the next opening tag of that name.
fn after_tag<'a>(mut html: &'a str, name: &str) -> Option<&'a str> {
    loop {
        let (_, tag) = html.split_once('<')?;
        let (tag, after) = tag.split_once('>')?;
        let tag_name = tag.split(|character: char| !character.is_ascii_alphanumeric()).next()?;
        if tag_name.eq_ignore_ascii_case(name) {
            return Some(after);
        }
        html = after;
    }
}

fn split_closing<'a>(html: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let mut searched = 0;
    loop {
        let place = searched + html.get(searched..)?.find("</")?;
        let tag = html.get(place + 2..)?;
        let is_it = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && tag.get(name.len()..).is_some_and(|end| end.trim_ascii_start().starts_with('>'));
        if is_it {
            return Some((html.get(..place)?, tag.split_once('>')?.1));
        }
        searched = place + 2;
    }
}

/// The text without tags and escapes.
pub(crate) fn text(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    for (index, piece) in html.split('<').enumerate() {
        plain.push_str(if index == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) });
    }
    // A stray ampersand is what an unescaped note may have.
    let unescaped = quick_xml::escape::unescape(&plain).map(Cow::into_owned);
    unescaped.unwrap_or(plain).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_between_tags() {
        let html = "<table><tr><TD>a &amp; b</td><td class='qr'><img src=\"x\"/></td><td>R&D</td ></tr><td>open";
        let cells: Vec<_> = elements(html, "td").map(text).collect();
        assert_eq!(cells, ["a & b", "", "R&D"]);
    }
}
