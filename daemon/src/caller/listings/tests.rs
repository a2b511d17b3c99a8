use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::super::listing::Origins;
use super::*;

struct Machine {
    _home: tempfile::TempDir,
    vendor: PathBuf,
    admin: PathBuf,
    listings: Listings,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (vendor, admin) = (home.path().join("vendor"), home.path().join("admin"));
        for folder in [&vendor, &admin] {
            fs::create_dir(folder).unwrap();
            fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        }
        let listings = Listings::of_these(vendor.clone(), admin.clone());
        Self { _home: home, vendor, admin, listings }
    }

    fn paths(&self) -> Vec<String> {
        self.listings.all().iter().map(|listing| listing.path.to_str().unwrap().to_owned()).collect()
    }

    fn by(&self, path: &str) -> Option<ListedBy> {
        self.listings.of(Path::new(path)).map(|listing| listing.by)
    }
}

fn write(path: PathBuf, text: &str) {
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
}

fn listing(path: &str) -> String {
    format!("[[program]]\nname = \"it\"\npath = \"{path}\"\n")
}

fn persons(path: &str) -> Listing {
    let origins = Origins::Any;
    Listing { name: "mine".into(), path: path.into(), origins, portal: false, by: ListedBy::Person }
}

#[test]
fn the_administrator_replaces_and_masks_the_packages_files() {
    let machine = Machine::new();
    assert_eq!(machine.paths(), Vec::<String>::new());
    write(machine.vendor.join("browsers.toml"), &(listing("/usr/bin/a") + &listing("/usr/bin/b")));
    write(machine.vendor.join("portals.toml"), &listing("/usr/bin/p"));
    write(machine.vendor.join("more.toml"), &listing("/usr/bin/m"));
    assert_eq!(machine.paths(), ["/usr/bin/a", "/usr/bin/b", "/usr/bin/m", "/usr/bin/p"]);

    write(machine.admin.join("browsers.toml"), &listing("/usr/bin/a"));
    write(machine.admin.join("portals.toml"), "");
    symlink("/dev/null", machine.admin.join("more.toml")).unwrap();
    write(machine.admin.join("own.toml"), &listing("/opt/own"));
    assert_eq!(machine.paths(), ["/opt/own", "/usr/bin/a"]);
    assert_eq!(machine.by("/usr/bin/a"), Some(ListedBy::Admin));
    assert_eq!(machine.listings.wrong(), Vec::<String>::new());

    fs::remove_file(machine.admin.join("browsers.toml")).unwrap();
    fs::remove_file(machine.admin.join("more.toml")).unwrap();
    assert_eq!(machine.paths(), ["/opt/own", "/usr/bin/a", "/usr/bin/b", "/usr/bin/m"]);
    assert_eq!(machine.by("/usr/bin/a"), Some(ListedBy::Vendor));
}

#[test]
fn a_file_that_is_edited_in_place_is_read_again() {
    let machine = Machine::new();
    let file = machine.vendor.join("one.toml");
    write(file.clone(), &listing("/usr/bin/a"));
    assert_eq!(machine.paths(), ["/usr/bin/a"]);
    write(file.clone(), &(listing("/usr/bin/a") + &listing("/usr/bin/b")));
    assert_eq!(machine.paths(), ["/usr/bin/a", "/usr/bin/b"]);
    // Others may write it from now on: that it says the same is no matter.
    fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
    assert_eq!(machine.paths(), Vec::<String>::new());
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(machine.paths(), ["/usr/bin/a", "/usr/bin/b"]);
}

#[test]
fn a_wrong_file_is_named_and_the_others_count() {
    let machine = Machine::new();
    write(machine.vendor.join("good.toml"), &listing("/usr/bin/a"));
    write(machine.vendor.join("replaced.toml"), &listing("/usr/bin/r"));
    for (name, text, words) in [
        ("slip.toml", "[[program]]\nnmae = \"x\"\n".to_owned(), "is wrong: TOML parse error at line 2"),
        ("long.toml", "#".repeat(64 * 1024 + 1), "is longer than 65536 bytes"),
        ("replaced.toml", "nonsense".to_owned(), "is wrong"),
    ] {
        write(machine.admin.join(name), &text);
        let wrong = machine.listings.wrong();
        let line = wrong.iter().find(|line| line.contains(name)).unwrap();
        assert!(line.contains(words), "{line}");
    }
    write(machine.vendor.join("open.toml"), &listing("/usr/bin/o"));
    fs::set_permissions(machine.vendor.join("open.toml"), Permissions::from_mode(0o666)).unwrap();
    let pipe = machine.vendor.join("pipe.toml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    fs::create_dir(machine.vendor.join("folder.toml")).unwrap();
    symlink("nowhere", machine.vendor.join("link.toml")).unwrap();
    fs::write(machine.vendor.join("notes.txt"), "not a list").unwrap();
    write(machine.vendor.join(".hidden.toml"), &listing("/usr/bin/h"));

    assert_eq!(machine.paths(), ["/usr/bin/a"]);
    let wrong = machine.listings.wrong();
    for name in ["slip", "long", "replaced", "open", "pipe", "folder", "link"] {
        assert_eq!(wrong.iter().filter(|line| line.contains(&format!("{name}.toml"))).count(), 1, "{name}: {wrong:?}");
    }
    assert_eq!(wrong.len(), 7, "{wrong:?}");
}

#[test]
fn a_folder_that_others_may_write_lists_nothing() {
    let machine = Machine::new();
    write(machine.vendor.join("one.toml"), &listing("/usr/bin/a"));
    for (mode, listed) in [(0o755, 1), (0o775, 0), (0o757, 0), (0o1777, 0), (0o700, 1)] {
        fs::set_permissions(&machine.vendor, Permissions::from_mode(mode)).unwrap();
        assert_eq!(machine.paths().len(), listed, "{mode:o}");
    }
}

#[test]
fn a_folder_of_somebody_elses_lists_nothing() {
    let machine = Machine::new();
    write(machine.vendor.join("one.toml"), &listing("/usr/bin/a"));
    let stranger = rustix::process::geteuid().as_raw() + 1;
    let folder = Folder { path: machine.vendor.clone(), by: ListedBy::Vendor, owner: stranger };
    let listings = Listings::of_folders(vec![folder]);
    assert!(listings.all().is_empty());
    assert_eq!(listings.wrong().len(), 1);
}

#[test]
fn a_folder_of_thousands_of_files_is_cut_short() {
    let machine = Machine::new();
    for number in 0..70 {
        write(machine.vendor.join(format!("{number:02}.toml")), &listing(&format!("/usr/bin/{number:02}")));
    }
    assert_eq!(machine.paths().len(), 64);
    assert!(machine.listings.wrong().concat().contains("more than 64"));
}

#[test]
fn the_persons_own_go_with_the_vault_and_widen_nothing() {
    let machine = Machine::new();
    write(machine.admin.join("one.toml"), &listing("/usr/bin/a"));
    machine.listings.set_persons(vec![persons("/usr/bin/a"), persons("/usr/bin/b")]);
    assert_eq!(machine.paths(), ["/usr/bin/a", "/usr/bin/b"]);
    assert_eq!((machine.by("/usr/bin/a"), machine.by("/usr/bin/b")), (Some(ListedBy::Admin), Some(ListedBy::Person)));
    machine.listings.set_persons(Vec::new());
    assert_eq!((machine.by("/usr/bin/a"), machine.by("/usr/bin/b")), (Some(ListedBy::Admin), None));
}

/// An empty file in /etc took a browser off the list, and the person's own listing of it put it back.
#[test]
fn what_the_administrator_has_masked_the_person_cannot_list() {
    let machine = Machine::new();
    write(machine.vendor.join("browsers.toml"), &(listing("/usr/bin/a") + &listing("/usr/bin/b")));
    write(machine.vendor.join("portals.toml"), &listing("/usr/bin/p"));
    machine.listings.set_persons(vec![persons("/usr/bin/b"), persons("/usr/bin/mine"), persons("/usr/bin/p")]);
    write(machine.admin.join("browsers.toml"), "");
    // One that is replaced by less is masked for the rest.
    write(machine.admin.join("portals.toml"), &listing("/usr/bin/q"));
    assert_eq!(machine.paths(), ["/usr/bin/mine", "/usr/bin/q"]);
    for (path, by, masked) in [
        ("/usr/bin/a", None, true),
        ("/usr/bin/b", None, true),
        ("/usr/bin/p", None, true),
        ("/usr/bin/q", Some(ListedBy::Admin), false),
        ("/usr/bin/mine", Some(ListedBy::Person), false),
    ] {
        assert_eq!((machine.by(path), machine.listings.is_masked(Path::new(path))), (by, masked), "{path}");
    }
    // In another of the administrator's files it is listed again.
    write(machine.admin.join("own.toml"), &listing("/usr/bin/b"));
    assert_eq!(machine.by("/usr/bin/b"), Some(ListedBy::Admin));
    fs::remove_file(machine.admin.join("own.toml")).unwrap();
    fs::remove_file(machine.admin.join("browsers.toml")).unwrap();
    machine.listings.set_persons(vec![persons("/usr/bin/b")]);
    assert_eq!(machine.by("/usr/bin/b"), Some(ListedBy::Vendor));
}

/// The lists that the package ships are read as they are.
#[test]
fn the_shipped_lists_are_right() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs.d");
    let mut programs = 0;
    for file in fs::read_dir(shipped).unwrap() {
        let path = file.unwrap().path();
        let listed = super::super::listing::parse(&fs::read_to_string(&path).unwrap(), ListedBy::Vendor).unwrap();
        assert!(!listed.is_empty(), "{}", path.display());
        for listing in &listed {
            let portals = path.ends_with("portals.toml");
            assert_eq!((listing.portal, &listing.origins), (portals, &Origins::Any), "{}", listing.path.display());
            assert!(super::super::interpreters::is_interpreter(&listing.path).is_none(), "{}", listing.path.display());
        }
        programs += listed.len();
    }
    assert!(programs >= 8, "{programs}");
}
