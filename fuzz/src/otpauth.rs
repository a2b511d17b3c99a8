//! `otpauth://` URIs, alone and in lists.

use fob_otp::{Account, MAX_LIST, printable, read_list};

/// A URI is refused in one sentence, or gives an account whose own URI gives it back.
pub fn otpauth(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        match Account::from_uri(text) {
            Ok(parsed) => comes_back(&parsed.account),
            Err(error) => assert!((10..200).contains(&error.to_string().len()), "{error}"),
        }
    }
    match read_list(data) {
        Ok(lines) => {
            for line in lines {
                assert!((1..=data.len()).contains(&line.number));
                if let Ok(parsed) = line.outcome {
                    comes_back(&parsed.account);
                }
            }
        }
        Err(_) => assert!(data.len() > MAX_LIST || data.starts_with(&[0xff, 0xfe]) || data.starts_with(&[0xfe, 0xff])),
    }
}

fn comes_back(account: &Account) {
    let uri = account.to_uri();
    // A long name grows threefold by its escapes; only what is short enough to be a URI is one.
    if uri.len() > fob_otp::MAX_URI {
        return;
    }
    let again = Account::from_uri(&uri).expect("refused what it wrote").account;
    assert_eq!(*again.to_uri(), *uri);
    assert!(!printable(&account.name).chars().any(char::is_control));
}
