//! KeePass databases, KDBX 4 (keepass.info, "KDBX File Format Specification"), opened with a password.
//!
//! Order of work: header, its hash, key derivation within bounds, the header's HMAC (which is where a wrong password
//! shows), HMAC blocks, cipher, compression, inner header, XML with its protected values. Left out: key files and
//! hardware keys, which the command line has no way to hand over, Twofish, and KDBX 3.

use flate2::read::GzDecoder;
use ring::digest::{Context, SHA256, SHA512, digest};
use ring::hmac;
use zeroize::Zeroizing;

use crate::source::Source;
use crate::{ImportError, containers::zip};

mod blocks;
mod header;
mod stream;
mod tree;
mod variant;

use header::{Cipher, Header};
use stream::InnerStream;
pub(crate) use tree::Entry;

/// Both signatures of KeePass 2 files.
pub(crate) const MAGIC: &[u8] = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5";

/// The entries of a database, without their history and without the bin.
pub(crate) fn read(source: &Source<'_>) -> Result<Vec<Entry>, ImportError> {
    let (header, header_bytes, rest) = Header::read(source)?;
    let damaged = || source.damaged("it is cut short");
    let (hash, rest) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    let (mac, rest) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    if digest(&SHA256, header_bytes).as_ref() != hash {
        return Err(source.damaged("the checksum of its header does not fit"));
    }
    let keys = Keys::of(&header, source.password()?)?;
    let header_key = hmac::Key::new(hmac::HMAC_SHA256, blocks::block_key(u64::MAX, &keys.mac).as_ref());
    hmac::verify(&header_key, header_bytes, mac).map_err(|_| source.wrong_password())?;

    let sealed = blocks::join(rest, &keys.mac).ok_or_else(|| source.damaged("a block of it has been changed"))?;
    let packed = decrypt(&header, &keys, &sealed).ok_or_else(|| source.damaged("it does not decrypt"))?;
    drop(sealed);
    let plain = if header.compressed { zip::inflate(GzDecoder::new(packed.as_slice()), 0, source)? } else { packed };
    let (mut inner, xml) = InnerStream::read(&plain).ok_or_else(|| source.damaged("its inner header is none"))?;
    tree::read(xml, &mut inner, source)
}

/// What is derived from password and header.
struct Keys {
    cipher: Zeroizing<[u8; 32]>,
    mac: Zeroizing<[u8; 64]>,
}

impl Keys {
    fn of(header: &Header, password: &[u8]) -> Result<Self, ImportError> {
        // A composite key of one part is the hash of that part's hash.
        let mut composite = Zeroizing::new([0; 32]);
        composite.copy_from_slice(digest(&SHA256, digest(&SHA256, password).as_ref()).as_ref());
        let transformed = header.kdf.transform(composite)?;
        let mut cipher = Zeroizing::new([0; 32]);
        let mut hash = Context::new(&SHA256);
        hash.update(&header.master_seed);
        hash.update(transformed.as_ref());
        cipher.copy_from_slice(hash.finish().as_ref());
        let mut mac = Zeroizing::new([0; 64]);
        let mut hash = Context::new(&SHA512);
        hash.update(&header.master_seed);
        hash.update(transformed.as_ref());
        hash.update(&[1]);
        mac.copy_from_slice(hash.finish().as_ref());
        Ok(Self { cipher, mac })
    }
}

fn decrypt(header: &Header, keys: &Keys, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match header.cipher {
        Cipher::Aes => crate::sealed::open_cbc(&keys.cipher, &header.iv, sealed),
        Cipher::ChaCha20 => stream::chacha20(&keys.cipher, &header.iv, sealed),
    }
}
