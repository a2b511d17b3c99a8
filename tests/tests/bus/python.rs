//! Python as a caller: as the script that it is, and as a companion, which a copy of the interpreter becomes where it lies
//! beside fobd under the name `fob`.

use std::path::{Path, PathBuf};
use std::process::Command;

use fob_tests::house::House;

/// The interpreter with tests/requirements.txt.
pub(crate) struct Python {
    program: PathBuf,
    base: String,
    home: String,
    packages: String,
}

impl Python {
    /// `None` where there is none, which is no failure but in `./test`.
    pub(crate) fn find() -> Option<Self> {
        let Some(program) = std::env::var_os("FOB_PYTHON") else {
            assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
            eprintln!("skipped: FOB_PYTHON names no interpreter with tests/requirements.txt");
            return None;
        };
        let ask = "import os, sys, sysconfig, jeepney; \
                   print(os.path.realpath(sys.executable), sys.base_prefix, sysconfig.get_path('purelib'), sep='\\n')";
        let output = Command::new(&program).args(["-c", ask]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let mut lines = said.lines().map(str::to_owned);
        let (base, home, packages) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
        Some(Self { program: program.into(), base, home, packages })
    }

    /// The interpreter itself, to be copied.
    pub(crate) fn base(&self) -> &Path {
        Path::new(&self.base)
    }

    /// A script as a companion of the fobd in this house, where `fob` is a copy of the interpreter.
    pub(crate) fn companion(&self, house: &House, fob: &Path) -> Command {
        let mut command = house.command(fob);
        command.env("PYTHONHOME", &self.home).env("PYTHONPATH", &self.packages).arg("-B");
        command
    }

    /// A script as itself.
    pub(crate) fn script(&self, house: &House) -> Command {
        let mut command = house.command(&self.program);
        command.arg("-B");
        command
    }
}
