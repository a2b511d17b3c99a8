use proptest::prelude::*;

use super::*;

const ENTRIES: [(u32, &str, &str); 8] = [
    (1, "GitHub", "ada"),
    (2, "GitHub", "ada@work.example"),
    (3, "GitLab", "ada"),
    (4, "Github Enterprise", "ada@work.example"),
    (5, "", "vpn"),
    (6, "Bank", "VPN"),
    (7, "Büro", "ÄRGER"),
    (8, "a:b", "c"),
];

#[test]
fn the_best_kind_of_match_decides() {
    use Found::{Nothing, One, Several};
    for (case, query, expected) in [
        ("both", "GitHub:ada", One(1)),
        ("both, with a space", "GitHub: ada", One(1)),
        ("both, in another case", "github:ADA", One(1)),
        ("an issuer with two accounts", "GitHub", Several(vec![1, 2])),
        ("an issuer in another case", "github", Several(vec![1, 2])),
        ("an issuer of one account", "gitlab", One(3)),
        ("a name in this case", "vpn", One(5)),
        ("a name in that case", "VPN", One(6)),
        ("a name in neither case", "Vpn", Several(vec![5, 6])),
        ("part of an issuer", "lab", One(3)),
        ("part of a word of several", "git", Several(vec![1, 2, 3, 4])),
        ("words of both, in any order", "work enter", One(4)),
        ("words and spaces around", "  git   lab ", One(3)),
        ("letters beyond ASCII", "ärger", One(7)),
        ("an issuer with a colon", "a:b:c", One(8)),
        ("a word that nobody has", "github nowhere", Nothing),
        ("nothing", "", Nothing),
        ("spaces", "   ", Nothing),
    ] {
        assert_eq!(search(query, ENTRIES), expected, "{case}");
    }
}

#[test]
fn an_empty_vault_has_nothing() {
    assert_eq!(search("git", std::iter::empty::<((), &str, &str)>()), Found::Nothing);
}

/// A query that is one entry's name must not be answered by another that merely contains it, wherever they stand.
#[test]
fn order_does_not_change_the_answer() {
    let mut entries = [(1, "Mail", "ada"), (2, "Mailbox", "ada"), (3, "mail", "bob")];
    for _ in 0..entries.len() {
        entries.rotate_left(1);
        assert_eq!(search("Mail", entries), Found::One(1));
        assert!(matches!(search("MAIL", entries), Found::Several(ids) if ids.len() == 2));
    }
}

proptest! {
    #[test]
    fn no_text_panics(query: String, issuer: String, name: String) {
        let _ = search(&query, [((), issuer.as_str(), name.as_str())]);
    }

    #[test]
    fn an_entry_is_found_by_its_own_names(issuer in "[a-zA-Z:]{1,8}", name in "[a-zA-Z:]{1,8}") {
        let entries = [((), issuer.as_str(), name.as_str())];
        prop_assert_eq!(search(&format!("{issuer}:{name}"), entries), Found::One(()));
        prop_assert_eq!(search(&issuer.to_uppercase(), entries), Found::One(()));
    }
}
