//! Pages to print or to look at: HTML that needs nothing from anywhere, its QR codes drawn as SVG.

use std::fmt::Write as _;

use fob_ambient::UnixTime;
use fob_exchange::{Exported, Record};
use qrcodegen::QrCode;
use zeroize::Zeroizing;

use super::sheet::{facts, written};
use crate::Failure;
use crate::commands::otp::qr::encode;
use crate::text::{account, moment};

const BEGIN: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>One-time codes</title>
<style>
body { font: 11pt/1.4 sans-serif; margin: 2em auto; max-width: 45em; color: #000; background: #fff }
section { display: flex; gap: 1.5em; align-items: start; border-top: 1px solid #999; padding: 1em 0; break-inside: avoid }
h2 { font-size: 12pt; margin: 0 0 .3em; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content auto; gap: .1em 1em; margin: 0 }
dd { margin: 0; overflow-wrap: anywhere }
dd.secret { font-family: monospace; font-size: 12pt }
svg { width: 4.5cm; height: 4.5cm; flex: none }
svg.large { width: 10cm; height: 10cm }
</style>
</head>
<body>
";
const END: &str = "</body>\n</html>\n";
/// Light modules around a code (ISO/IEC 18004, 6.3.8).
const QUIET: i32 = 4;
/// Room for a code and its words, so that the page never grows and leaves secrets behind.
const ROOM: usize = 128 * 1024;

/// The recovery sheet with a QR code for each account that has a URI.
pub(super) fn sheet(records: &[Record], now: UnixTime) -> Result<Exported, Failure> {
    let mut page = Zeroizing::new(String::with_capacity(ROOM * (records.len() + 1)));
    page.push_str(BEGIN);
    let _ = write!(
        page,
        "<h1>One-time codes</h1>\n<p>Written by fob on {}. Keep it where you keep your passport: ",
        moment(now.0)
    );
    page.push_str(
        "whoever reads it has the codes. Any program for one-time codes takes a QR code, or a secret by hand.</p>\n",
    );
    for record in records {
        page.push_str("<section>\n");
        let uri = record.to_account().to_uri();
        if let Ok(code) = encode(&uri) {
            draw(&code, "", &mut page);
        }
        let _ = writeln!(page, "<div><h2>{}</h2>\n<dl>", *escaped(&account(&record.issuer, &record.account)));
        for (what, value) in facts(record) {
            let class = if what == "codes" { "" } else { " class=\"secret\"" };
            let _ = writeln!(page, "<dt>{what}</dt><dd{class}>{}</dd>", *escaped(&value));
        }
        page.push_str("</dl></div>\n</section>\n");
    }
    page.push_str(END);
    Ok(written(&page, records))
}

/// A page of codes, one for each of these texts.
pub(super) fn codes(texts: &[&str]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut page = Zeroizing::new(String::with_capacity(ROOM * (texts.len() + 1)));
    page.push_str(BEGIN);
    page.push_str("<h1>One-time codes for Google Authenticator</h1>\n");
    page.push_str(
        "<p>On the telephone: Transfer accounts, Import accounts. Whoever photographs this page has the codes.</p>\n",
    );
    for (number, text) in texts.iter().enumerate() {
        let _ = writeln!(page, "<section>\n<h2>{} of {}</h2>", number + 1, texts.len());
        draw(&encode(text)?, " class=\"large\"", &mut page);
        page.push_str("</section>\n");
    }
    page.push_str(END);
    Ok(Zeroizing::new(page.as_bytes().to_vec()))
}

/// A path of unit squares, dark modules only.
fn draw(code: &QrCode, class: &str, page: &mut String) {
    let side = code.size() + 2 * QUIET;
    let _ = write!(page, "<svg{class} viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path d=\"");
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(page, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    page.push_str("\"/></svg>\n");
}

fn escaped(text: &str) -> Zeroizing<String> {
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() * 6));
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(*escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
