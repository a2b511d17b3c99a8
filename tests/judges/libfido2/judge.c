/*
 * Debian's libfido2 against fob's software key: register, sign in, set a PIN, sign in with it.
 *
 * usage: judge SOCKET     (SOCK_SEQPACKET, one 64-byte report a datagram)
 *
 * libfido2 reaches the key through I/O functions of ours; it writes 65 bytes, report number first, and reads 64.
 * Prints a line a check and ends with 0 when all held. Every signature is verified by libfido2 itself.
 */
#include <fido.h>
#include <fido/es256.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REPORT 64
#define RP_ID "judge.example"
#define PIN "161803"

static const unsigned char CLIENT_DATA_HASH[32] = "a hash of the client data, 32 b.";
static const unsigned char USER_ID[16] = "user of judge 1";

static void check(const char *name, int held) {
    if (!held) {
        fprintf(stderr, "libfido2: FAILED: %s\n", name);
        exit(1);
    }
    printf("ok  libfido2: %s\n", name);
}

static void expect(const char *name, int result) {
    if (result != FIDO_OK) {
        fprintf(stderr, "libfido2: FAILED: %s: %s\n", name, fido_strerr(result));
        exit(1);
    }
    printf("ok  libfido2: %s\n", name);
}

static void *key_open(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int *descriptor = malloc(sizeof *descriptor);
    if (descriptor == NULL || strlen(path) >= sizeof address.sun_path)
        return NULL;
    strcpy(address.sun_path, path);
    *descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (*descriptor < 0 || connect(*descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("socket");
        free(descriptor);
        return NULL;
    }
    return descriptor;
}

static void key_close(void *handle) {
    close(*(int *)handle);
    free(handle);
}

static int key_read(void *handle, unsigned char *buffer, size_t length, int milliseconds) {
    struct pollfd wait = {.fd = *(int *)handle, .events = POLLIN};
    if (length < REPORT || poll(&wait, 1, milliseconds) != 1)
        return -1;
    return (int)recv(wait.fd, buffer, REPORT, 0);
}

static int key_write(void *handle, const unsigned char *buffer, size_t length) {
    if (length != REPORT + 1 || send(*(int *)handle, buffer + 1, REPORT, MSG_NOSIGNAL) != REPORT)
        return -1;
    return (int)length;
}

static fido_dev_t *key_at(const char *path) {
    const fido_dev_io_t io = {key_open, key_close, key_read, key_write};
    fido_dev_t *key = fido_dev_new();
    if (key == NULL || fido_dev_set_io_functions(key, &io) != FIDO_OK)
        exit(1);
    expect("the key opens", fido_dev_open(key, path));
    check("it speaks FIDO2", fido_dev_is_fido2(key));
    return key;
}

/* Registers, with the PIN if there is one, and lets libfido2 verify the self attestation. */
static fido_cred_t *registered(fido_dev_t *key, const char *pin) {
    fido_cred_t *credential = fido_cred_new();
    int ready = fido_cred_set_type(credential, COSE_ES256) == FIDO_OK &&
        fido_cred_set_clientdata_hash(credential, CLIENT_DATA_HASH, 32) == FIDO_OK &&
        fido_cred_set_rp(credential, RP_ID, "The judge") == FIDO_OK &&
        fido_cred_set_user(credential, USER_ID, sizeof USER_ID, "ada", "Ada Lovelace", NULL) == FIDO_OK;
    check("a credential is prepared", ready);
    expect("makeCredential", fido_dev_make_cred(key, credential, pin));
    if (fido_cred_x5c_ptr(credential) == NULL)
        expect("its self attestation verifies", fido_cred_verify_self(credential));
    else
        expect("its attestation verifies", fido_cred_verify(credential));
    return credential;
}

/* Signs in with that credential and lets libfido2 verify the signature. */
static void signs_in(fido_dev_t *key, fido_cred_t *credential, const char *pin) {
    fido_assert_t *assertion = fido_assert_new();
    es256_pk_t *public_key = es256_pk_new();
    int ready = fido_assert_set_clientdata_hash(assertion, CLIENT_DATA_HASH, 32) == FIDO_OK &&
        fido_assert_set_rp(assertion, RP_ID) == FIDO_OK &&
        fido_assert_allow_cred(assertion, fido_cred_id_ptr(credential), fido_cred_id_len(credential)) == FIDO_OK &&
        es256_pk_from_ptr(public_key, fido_cred_pubkey_ptr(credential), fido_cred_pubkey_len(credential)) == FIDO_OK;
    check("an assertion is prepared", ready);
    if (pin != NULL)
        fido_assert_set_uv(assertion, FIDO_OPT_TRUE);
    expect("getAssertion", fido_dev_get_assert(key, assertion, pin));
    check("one assertion comes", fido_assert_count(assertion) == 1);
    expect("its signature verifies", fido_assert_verify(assertion, 0, COSE_ES256, public_key));
    fido_assert_free(&assertion);
    es256_pk_free(&public_key);
}

int main(int count, char **arguments) {
    if (count != 2)
        return 2;
    fido_init(0);
    fido_dev_t *key = key_at(arguments[1]);

    fido_cred_t *credential = registered(key, NULL);
    signs_in(key, credential, NULL);
    fido_cred_free(&credential);

    check("a new key has no PIN", !fido_dev_has_pin(key));
    expect("a PIN is set", fido_dev_set_pin(key, PIN, NULL));
    credential = registered(key, PIN);
    signs_in(key, credential, PIN);

    fido_cred_t *refused = fido_cred_new();
    fido_cred_set_type(refused, COSE_ES256);
    fido_cred_set_clientdata_hash(refused, CLIENT_DATA_HASH, 32);
    fido_cred_set_rp(refused, RP_ID, NULL);
    fido_cred_set_user(refused, USER_ID, sizeof USER_ID, "ada", NULL, NULL);
    check("a wrong PIN is refused", fido_dev_make_cred(key, refused, "000000") == FIDO_ERR_PIN_INVALID);
    int retries = 0;
    expect("the tries are read", fido_dev_get_retry_count(key, &retries));
    check("seven are left", retries == 7);

    fido_cred_free(&refused);
    fido_cred_free(&credential);
    fido_dev_close(key);
    fido_dev_free(&key);
    return 0;
}
