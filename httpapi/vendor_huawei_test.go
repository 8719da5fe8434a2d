package httpapi

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Huawei Cloud's clients sign as the "API request signing guide" says. Arguments are the AK, its SK, and any of
//
//	headers=host;x-sdk-date   what is signed, in this order; x-sdk-date else
//	at=-10m                   the request's date is so far from the server's clock
//	v11=REGION/SERVICE        the key is derived for a day, region and service
//	tight                     the header is written without spaces
//	unsigned                  the body is said not to be signed
//	hashed                    the body's hash is said in a header
//	spoil=date|signature|…    something is changed after the request was signed
func init() { signers["huawei"] = signHuawei }

func signHuawei(r *http.Request, body string, now time.Time, args []string) {
	ak, sk, options := args[0], args[1], map[string]string{}
	for _, option := range args[2:] {
		name, value, _ := strings.Cut(option, "=")
		options[name] = value
	}
	ahead, _ := time.ParseDuration(options["at"])
	date := now.Add(ahead).UTC().Format("20060102T150405Z")
	r.Header.Set("X-Sdk-Date", date)
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	if _, is := options["unsigned"]; is {
		hash = "UNSIGNED-PAYLOAD"
		r.Header.Set("X-Sdk-Content-Sha256", hash)
	}
	if _, is := options["hashed"]; is {
		r.Header.Set("X-Sdk-Content-Sha256", hash)
	}
	headers := options["headers"]
	if headers == "" {
		headers = "x-sdk-date"
	}

	canonical := r.Method + "\n" + huaweiPath(r.URL) + "\n" + huaweiQuery(r.URL) + "\n"
	for name := range strings.SplitSeq(headers, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		canonical += name + ":" + strings.TrimSpace(value) + "\n"
	}
	canonical += "\n" + headers + "\n" + hash
	sum = sha256.Sum256([]byte(canonical))
	algorithm, who, key, lines := "SDK-HMAC-SHA256", "Access="+ak, []byte(sk), date+"\n"
	if place, is := options["v11"]; is {
		info := date[:8] + "/" + place
		derived, _ := hkdf.Key(sha256.New, key, []byte(ak), info, 32)
		algorithm, who, key, lines = "V11-HMAC-SHA256", "Credential="+ak+"/"+info, fmt.Appendf(nil, "%x", derived), lines+info+"\n"
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s\n%s%x", algorithm, lines, sum)
	signature := hex.EncodeToString(mac.Sum(nil))
	if options["spoil"] == "signature" {
		mac := mac.Sum(nil)
		mac[31] ^= 1
		signature = hex.EncodeToString(mac)
	}
	text := fmt.Sprintf("%s %s, SignedHeaders=%s, Signature=%s", algorithm, who, headers, signature)
	if _, is := options["tight"]; is {
		text = strings.ReplaceAll(text, ", ", ",")
	}
	r.Header.Set("Authorization", text)
	spoilHuawei(r, options["spoil"])
}

// spoilHuawei changes something of a request that has been signed.
func spoilHuawei(r *http.Request, what string) {
	name, value, _ := strings.Cut(what, ":")
	switch name {
	case "", "signature":
	case "query":
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=1", "limit=2", 1)
	case "plus":
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "%2B", "+")
	case "path":
		r.URL.Path = strings.Replace(r.URL.Path, value, value+"x", 1)
	case "host":
		r.Host = "elsewhere.test"
	case "body":
		*r = *withBody(r, value)
	case "add":
		r.Header.Add(value, "another")
	case "drop":
		r.Header.Del(value)
	case "authorization":
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), value, "", 1))
	default:
		r.Header.Set(name, value)
	}
}

func withBody(r *http.Request, body string) *http.Request {
	other, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	other.Header = r.Header
	return other
}

// huaweiPath is the path, each segment encoded, with a slash at the end.
func huaweiPath(u *url.URL) string {
	encoded := ""
	for segment := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		encoded += "/" + huaweiEncode(segment)
	}
	return encoded + "/"
}

func huaweiQuery(u *url.URL) string {
	var pairs [][2]string
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	text := make([]string, len(pairs))
	for i, p := range pairs {
		text[i] = huaweiEncode(p[0]) + "=" + huaweiEncode(p[1])
	}
	return strings.Join(text, "&")
}

// huaweiEncode encodes every byte but letters, digits and -_.~
func huaweiEncode(s string) (encoded string) {
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			encoded += string(c)
			continue
		}
		encoded += "%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
	}
	return encoded
}
