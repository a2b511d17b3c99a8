//! Whom a server's certificate may come from: those whom the system trusts, and nobody else.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use super::common::http::json;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

/// A server on https with the company's certificate, which says that it is somebody else as soon as it is believed.
/// Its thread ends with the test's process.
fn serve() -> String {
    let chain = vec![CertificateDer::from_pem_file(data("localhost.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(data("localhost.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            let mut request = [0; 4096];
            // Who does not believe the certificate says nothing.
            if stream.read(&mut request).is_ok_and(|length| length > 0) {
                let body = serde_json::json!({"name": "signin", "origin": "https://id.example"});
                let _ = stream.write_all(json(200, &body).as_bytes());
                let _ = stream.flush();
            }
        }
    });
    format!("https://localhost:{port}")
}

/// fob as a process, on a system that trusts these authorities.
fn sign_in(origin: &str, authorities: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fob"));
    command.args(["sign-in", origin, "--user", "ada"]);
    for name in ["SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.env("SSL_CERT_FILE", authorities).output().unwrap()
}

#[test]
fn a_server_is_believed_if_the_system_trusts_its_authority() {
    let origin = serve();
    let (folder, nobody) = (tempfile::tempdir().unwrap(), "nobody.pem");
    let nobody = folder.path().join(nobody);
    std::fs::write(&nobody, "").unwrap();
    for (authorities, said) in [
        (data("company.pem"), "https://id.example"),
        (data("stranger.pem"), "does not prove that it is itself"),
        (nobody, "does not prove that it is itself"),
    ] {
        let output = sign_in(&origin, &authorities);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(said), "{}: {stderr}", authorities.display());
    }
}
