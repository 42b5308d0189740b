/* A leaf of Hearsay for microcontrollers: learns a linear calibrator (y = w x + b) on its own rows, and tells its gateway in frames of at most 51 bytes what that changed.
 * C99, no heap, about 500 bytes of RAM. The protocol is protocol/leaf/README.md. Everything above "the host" goes onto a device as it is; main() plays a device on a
 * computer. A device has to do three things itself: send and receive (a LoRa radio), be silent as long as silence_ms says, and keep `heard`, `sent` and the key in flash. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PARAMS 16 /* 15 inputs and an offset; at most 22, so that a model fits into a frame */
#define HEADER 13
#define TAG 16
#define UPDATE_BYTES (HEADER + (PARAMS + 1) / 2 + TAG)
#define MODEL_BYTES (HEADER + PARAMS + TAG)

/* SHA-256 (FIPS 180-4) of up to three parts, one after the other */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

static void block(uint32_t h[8], const uint8_t *p) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
        uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (int j = 7; j > 0; j--) v[j] = v[j - 1];
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
}

typedef struct { const uint8_t *bytes; size_t length; } Part;

static void sha256(const Part *parts, int count, uint8_t out[32]) {
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t buffer[64];
    uint64_t total = 0;
    for (int k = 0; k < count; k++)
        for (size_t i = 0; i < parts[k].length; i++) {
            buffer[total++ % 64] = parts[k].bytes[i];
            if (total % 64 == 0) block(h, buffer);
        }
    uint64_t bits = 8 * total;
    for (uint8_t byte = 0x80;; byte = 0) {
        if (byte == 0 && total % 64 == 56) break;
        buffer[total++ % 64] = byte;
        if (total % 64 == 0) block(h, buffer);
    }
    for (int i = 0; i < 8; i++) buffer[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    block(h, buffer);
    for (int i = 0; i < 32; i++) out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

typedef struct {
    uint16_t id, round;     /* the number from the enrolment; the model that is trained on, 0: none */
    uint32_t sent, heard;   /* counters of the newest frames: kept in flash, before a frame is sent or used */
    uint8_t key[32], task[32];
    float model[PARAMS];    /* as it came */
    float params[PARAMS];   /* what the training made of it */
    uint32_t chance;        /* of the rounding; any number but 0 */
} Leaf;

/* HMAC-SHA-256, of which a frame bears the first 16 bytes */
static void tag(const Leaf *leaf, const uint8_t *frame, size_t length, uint8_t out[32]) {
    uint8_t inner[64 + 16 + 32], outer[64], hash[32];
    memset(inner, 0x36, 64);
    memset(outer, 0x5c, 64);
    for (int i = 0; i < 32; i++) inner[i] ^= leaf->key[i], outer[i] ^= leaf->key[i];
    memcpy(inner + 64, "hearsay/leaf/v1", 16); /* its zero counts */
    memcpy(inner + 80, leaf->task, 32);
    sha256((Part[]){{inner, sizeof inner}, {frame, length}}, 2, hash);
    sha256((Part[]){{outer, 64}, {hash, 32}}, 2, out);
}

static void put(uint8_t *to, uint32_t value, int bytes) { while (bytes-- > 0) to[bytes] = (uint8_t)value, value >>= 8; }
static uint32_t get(const uint8_t *from, int bytes) { uint32_t v = 0; while (bytes-- > 0) v = v << 8 | *from++; return v; }

/* One step of gradient descent on one row of PARAMS - 1 inputs. */
void leaf_learn(Leaf *leaf, const float *x, float y, float rate) {
    float error = leaf->params[PARAMS - 1] - y;
    for (int i = 0; i < PARAMS - 1; i++) error += leaf->params[i] * x[i];
    for (int i = 0; i < PARAMS - 1; i++) leaf->params[i] -= rate * error * x[i];
    leaf->params[PARAMS - 1] -= rate * error;
}

/* What the training changed, as a frame to send: levels of 4 bits, rounded by chance so that they are right on average. */
void leaf_update(Leaf *leaf, uint8_t frame[UPDATE_BYTES]) {
    float largest = 0, scale;
    uint8_t mac[32];
    for (int i = 0; i < PARAMS; i++) largest = fmaxf(largest, fabsf(leaf->params[i] - leaf->model[i]));
    scale = largest / 7;
    memset(frame, 0, UPDATE_BYTES);
    frame[0] = 1;
    put(frame + 1, leaf->id, 2);
    put(frame + 3, ++leaf->sent, 4);
    put(frame + 7, leaf->round, 2);
    uint32_t bits;
    memcpy(&bits, &scale, 4);
    put(frame + 9, bits, 4);
    for (int i = 0; i < PARAMS; i++) {
        leaf->chance ^= leaf->chance << 13, leaf->chance ^= leaf->chance >> 17, leaf->chance ^= leaf->chance << 5; /* xorshift32 */
        int level = scale > 0 ? (int)floorf((leaf->params[i] - leaf->model[i]) / scale + leaf->chance / 4294967808.0f) : 0;
        level = level > 7 ? 7 : level < -7 ? -7 : level;
        frame[HEADER + i / 2] |= (uint8_t)((level & 15) << 4 * (i & 1));
    }
    tag(leaf, frame, UPDATE_BYTES - TAG, mac);
    memcpy(frame + UPDATE_BYTES - TAG, mac, TAG);
}

/* Takes a model of the gateway: 1, or 0 for what is none, is for another leaf, is forged, or came before. */
int leaf_take(Leaf *leaf, const uint8_t *frame, size_t length) {
    uint8_t mac[32], differs = 0;
    float scale;
    if (length != MODEL_BYTES || frame[0] != 2 || get(frame + 1, 2) != leaf->id) return 0;
    tag(leaf, frame, MODEL_BYTES - TAG, mac);
    for (int i = 0; i < TAG; i++) differs |= mac[i] ^ frame[MODEL_BYTES - TAG + i];
    if (differs || get(frame + 3, 4) <= leaf->heard) return 0;
    leaf->heard = get(frame + 3, 4);
    leaf->round = (uint16_t)get(frame + 7, 2);
    uint32_t bits = get(frame + 9, 4);
    memcpy(&scale, &bits, 4);
    for (int i = 0; i < PARAMS; i++) leaf->params[i] = leaf->model[i] = (float)(int8_t)frame[HEADER + i] * scale;
    return 1;
}

/* Milliseconds on the air of so many bytes at 125 kHz, coding rate 4/5, 8 symbols of preamble, header and CRC (Semtech AN1200.13, 4.1). */
float airtime_ms(int bytes, int sf) {
    float symbol = (float)(1 << sf) / 125.0f;
    int slow = sf >= 11, bits = 8 * bytes - 4 * sf + 28 + 16, per = 4 * (sf - 2 * slow);
    return (12.25f + 8 + (float)(bits > 0 ? (bits + per - 1) / per : 0) * 5) * symbol;
}

/* So long the radio has to be silent afterwards, where it may send for 1 % of the time. */
float silence_ms(float airtime) { return 99 * airtime; }

/* ---- the host: `leaf ID KEY TASK` reads rows to learn ("r x1 .. x15 y"), models ("m HEX"), and "u", for which it prints an update, its time on the air at SF 9, and how long to be silent then */
static void unhex(const char *text, uint8_t *to, size_t length) { for (size_t i = 0; i < length; i++) { unsigned b = 0; sscanf(text + 2 * i, "%2x", &b); to[i] = (uint8_t)b; } }

int main(int argc, char **argv) {
    static Leaf leaf = {.chance = 1};
    static char line[1024];
    unsigned id;
    if (argc != 4 || sscanf(argv[1], "%u", &id) != 1 || strlen(argv[2]) != 64 || strlen(argv[3]) != 64) return fputs("usage: leaf ID KEY TASK\n", stderr), 2;
    leaf.id = (uint16_t)id;
    unhex(argv[2], leaf.key, 32);
    unhex(argv[3], leaf.task, 32);
    while (fgets(line, sizeof line, stdin)) {
        uint8_t frame[64];
        float row[PARAMS];
        char *at = line + 1;
        if (line[0] == 'r') {
            for (int i = 0, n = 0; i < PARAMS; i++, at += n) if (sscanf(at, "%f%n", &row[i], &n) != 1) return 1;
            leaf_learn(&leaf, row, row[PARAMS - 1], 0.05f);
        } else if (line[0] == 'm') {
            size_t length = (strcspn(line, "\r\n") - 2) / 2;
            unhex(line + 2, frame, length < sizeof frame ? length : 0);
            puts(leaf_take(&leaf, frame, length) ? "taken" : "refused");
        } else if (line[0] == 'u') {
            leaf_update(&leaf, frame);
            for (int i = 0; i < UPDATE_BYTES; i++) printf("%02x", frame[i]);
            printf(" %.1f %.0f\n", airtime_ms(UPDATE_BYTES, 9), silence_ms(airtime_ms(UPDATE_BYTES, 9)));
        }
        fflush(stdout);
    }
    return 0;
}
