/**
 * A self-signed certificate for the Hub's and its CDN's names, from 2024 to 2123, and its key. They prove nothing to anybody: a
 * browser accepts them only when told to, and no server but this one uses them.
 */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIB2DCCAX6gAwIBAgIUOSe0tL9A3ktvDgpDVnqIbCUkDP4wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaHVnZ2luZ2ZhY2UuY28wIBcNMjQwMTAxMDAwMDAwWhgPMjEy
MzEyMzEwMDAwMDBaMBkxFzAVBgNVBAMMDmh1Z2dpbmdmYWNlLmNvMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEutn8AbT4nESxAUNaraKF2DF7lIjc6cp8ncK4nSS9
LNZwWsp0+BOdERxWBvuZ5o0P/b+U3HJICifcslfbLGzwB6OBoTCBnjAPBgNVHRMB
Af8EBTADAQH/MGwGA1UdEQRlMGOCDmh1Z2dpbmdmYWNlLmNvggVoZi5jb4IHKi5o
Zi5jb4IPKi5hd3MuY2RuLmhmLmNvgg8qLmdjcC5jZG4uaGYuY2+CDioueGV0aHVi
LmhmLmNvgglsb2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFFvCeCwIhswFr7OuoUqC
cS8ImugfMAoGCCqGSM49BAMCA0gAMEUCIQDAC6X/dv7ea6lKSGoLYmLNsGOFYimX
K0p4pHi5QFZMHwIgWGW4FHG7FPmXwH6sGHSY1JanwLLfsCjjWbSCIHcrMFM=
-----END CERTIFICATE-----
`

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg12woVv+i4pBHSFJE
lOI+hRgEKDW1aGe6uz6AKymPekKhRANCAAS62fwBtPicRLEBQ1qtooXYMXuUiNzp
ynydwridJL0s1nBaynT4E50RHFYG+5nmjQ/9v5TcckgKJ9yyV9ssbPAH
-----END PRIVATE KEY-----
`
