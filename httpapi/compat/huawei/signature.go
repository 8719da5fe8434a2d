package huawei

import (
	"cmp"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A request is signed with the secret (SK) of a key (AK) as the vendor's "API request signing guide" says: an HMAC of what was sent, in a
// canonical form. Only X-Sdk-Date must be among the signed headers; clients differ in which others are, so exactly those that are listed count.
const (
	plainAlgorithm   = "SDK-HMAC-SHA256" // the secret is the key
	derivedAlgorithm = "V11-HMAC-SHA256" // the key is derived from the secret for a day, region and service
)

const (
	dateHeader    = "X-Sdk-Date"
	contentHeader = "X-Sdk-Content-Sha256"
	dateLayout    = "20060102T150405Z"
	unsigned      = "UNSIGNED-PAYLOAD"
)

// signature is what an Authorization header says.
type signature struct {
	algorithm string
	keyID     string
	scope     string   // of the derived algorithm: yyyymmdd/region/service
	headers   string   // the signed ones as the client lists them
	mac       [32]byte // what the client has computed
}

// isSigned reports whether an Authorization header is of a signed request, well written or not.
func isSigned(header string) bool {
	return strings.HasPrefix(header, plainAlgorithm) || strings.HasPrefix(header, derivedAlgorithm)
}

// parseSignature reads an Authorization header. Clients that were written by hand leave spaces out, so that none is needed.
func parseSignature(header string) (s signature, ok bool) {
	s.algorithm = plainAlgorithm
	rest, plain := strings.CutPrefix(header, plainAlgorithm)
	if !plain {
		s.algorithm = derivedAlgorithm
		if rest, ok = strings.CutPrefix(header, derivedAlgorithm); !ok {
			return s, false
		}
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, is := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; twice || !is {
			return s, false
		}
		parts[name] = strings.TrimSpace(value)
	}
	if plain {
		s.keyID = parts["Access"]
	} else if s.keyID, s.scope, ok = strings.Cut(parts["Credential"], "/"); !ok || strings.Count(s.scope, "/") != 2 {
		return s, false
	}
	s.headers = parts["SignedHeaders"]
	n, err := hex.Decode(s.mac[:], []byte(parts["Signature"][:min(len(parts["Signature"]), 2*len(s.mac))]))
	return s, err == nil && n == len(s.mac) && len(parts["Signature"]) == 2*n && len(parts) == 3 && s.keyID != ""
}

// date returns when the request was signed. For the derived algorithm it is on the day that the key is for.
func (s signature) date(r *http.Request) (time.Time, bool) {
	text, ok := headerOf(r, dateHeader)
	t, err := time.Parse(dateLayout, text)
	return t, ok && err == nil && (s.scope == "" || strings.HasPrefix(s.scope, text[:len("20060102")]+"/"))
}

// proves reports whether the signature is the request's, made with the secret.
func (s signature) proves(r *request, secret []byte) bool {
	text, ok := s.stringToSign(r)
	mac := hmac.New(sha256.New, s.key(secret))
	mac.Write([]byte(text))
	return hmac.Equal(mac.Sum(nil), s.mac[:]) && ok
}

func (s signature) key(secret []byte) []byte {
	if s.algorithm == plainAlgorithm {
		return secret
	}
	derived, err := hkdf.Key(sha256.New, secret, []byte(s.keyID), s.scope, sha256.Size)
	if err != nil {
		panic(err) // only for a key that is longer than 255 hashes
	}
	return []byte(hex.EncodeToString(derived)) // its text is the key
}

// stringToSign is not ok where a header that is listed as signed is not there, or there twice: another one could have been put beside it.
func (s signature) stringToSign(r *request) (text string, ok bool) {
	canonical, ok := s.canonical(r)
	date, dated := headerOf(r.Request, dateHeader)
	lines := []string{s.algorithm, date}
	if s.algorithm == derivedAlgorithm {
		lines = append(lines, s.scope)
	}
	return strings.Join(append(lines, hexHash([]byte(canonical))), "\n"), ok && dated
}

// canonical is the request in the form that both sides hash.
func (s signature) canonical(r *request) (text string, ok bool) {
	names := strings.Split(s.headers, ";")
	ok = slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, dateHeader) })
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, canonicalPath(r.URL), canonicalQuery(r.params))
	for _, name := range names {
		value, there := headerOf(r.Request, name)
		ok = ok && there
		fmt.Fprintf(&b, "%s:%s\n", strings.ToLower(name), value)
	}
	payload, fits := payloadHash(r)
	fmt.Fprintf(&b, "\n%s\n%s", s.headers, payload)
	return b.String(), ok && fits
}

// headerOf returns a header that is there exactly once.
func headerOf(r *http.Request, name string) (value string, ok bool) {
	if strings.EqualFold(name, "host") {
		return r.Host, r.Host != ""
	}
	values := r.Header.Values(name)
	if len(values) != 1 {
		return "", false
	}
	return strings.TrimSpace(values[0]), true
}

// canonicalPath is the decoded path with every segment encoded anew, and a slash at the end. It is split when it is decoded, as clients do it: the
// slash of an instance's name, which is sent encoded, parts segments here as well.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.Path, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}

func canonicalQuery(p parameters) string {
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(a, b parameter) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value)) })
	pairs := make([]string, len(sorted))
	for i, q := range sorted {
		pairs[i] = escape(q.name) + "=" + escape(q.value)
	}
	return strings.Join(pairs, "&")
}

// escape encodes everything but A-Z, a-z, 0-9 and -_.~
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// payloadHash is what stands for the body. A client may say so itself: with the hash, which must be the body's, or that it is not signed, which
// the SDKs say of bodies that are no JSON. No body here is anything else, so only of an empty one it is believed.
func payloadHash(r *request) (hash string, ok bool) {
	hash = hexHash(r.body)
	if len(r.Header.Values(contentHeader)) == 0 {
		return hash, true
	}
	said, ok := headerOf(r.Request, contentHeader)
	return said, ok && (strings.EqualFold(said, hash) || said == unsigned && len(r.body) == 0)
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
