package enos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/httpapi/auth"
)

// What a call is signed with, from "Invoke API with the Access Token".
const (
	headerToken     = "apim-accesstoken"
	headerTimestamp = "apim-timestamp" // Unix milliseconds
	headerSignature = "apim-signature"
)

// tolerance is how far a client's clock may be off. The vendor does not say; Huawei's gateway takes as much.
const tolerance = 15 * time.Minute

// gateway lets in who has signed the request, with the right that it needs. Only the signature is proof: a token that has leaked opens nothing.
func (h *Handler) gateway(x *exchange, need auth.Right) (auth.Caller, error) {
	token, timestamp, signature := x.Header.Get(headerToken), x.Header.Get(headerTimestamp), x.Header.Get(headerSignature)
	for _, header := range [][2]string{{headerToken, token}, {headerTimestamp, timestamp}, {headerSignature, signature}} {
		if header[1] == "" {
			return auth.Caller{}, gatewayRefuses(gatewayEmpty, "The parameter is empty: "+header[0])
		}
	}
	if err := h.checkTime(headerTimestamp, timestamp); err != nil {
		return auth.Caller{}, err
	}
	values, err := url.ParseQuery(x.URL.RawQuery)
	if err != nil {
		return auth.Caller{}, gatewayRefuses(gatewayBadParam, "Invalid parameter: the query string cannot be read")
	}
	pass, err := h.auth.OpenPass(auth.EnOS, accessToken, token)
	if err != nil {
		return auth.Caller{}, err
	}
	if pass.Proven && pass.Expired {
		return auth.Caller{}, notLetIn(gatewayRefuses(gatewayExpired, "The access token has expired"))
	}
	signed := hmac.Equal([]byte(signature), []byte(sign(token, values, x.body, timestamp, pass.Secret)))
	caller, err := pass.Check(x.Context(), pass.Proven && signed, need)
	x.known = err == nil
	return caller, err
}

// sign computes a call's signature: what is signed is the token, the parameters of the query string, sorted by name, each as its name and its value
// without anything between, the body as it is sent, the time and the secret.
func sign(token string, values url.Values, body []byte, timestamp string, secret auth.Secret) string {
	text := sha256.New()
	_, _ = io.WriteString(text, token)
	for _, name := range sortedNames(values) {
		for _, value := range values[name] {
			_, _ = io.WriteString(text, name+value)
		}
	}
	_, _ = text.Write(body)
	_, _ = io.WriteString(text, timestamp)
	_, _ = text.Write(secret.Bytes())
	return hex.EncodeToString(text.Sum(nil))
}

func sortedNames(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// checkTime refuses a time that is none, or too far from ours. It is looked at before any proof is: what a client with a wrong clock signs is not
// held against its key.
func (h *Handler) checkTime(name, millis string) error {
	n, err := strconv.ParseInt(millis, 10, 64)
	if err != nil || n < 0 || strings.HasPrefix(millis, "+") {
		return gatewayRefuses(gatewayBadParam, "Invalid parameter: "+name+" is not a time in milliseconds")
	}
	if off := h.now().Sub(time.UnixMilli(n)); off > tolerance || off < -tolerance {
		return gatewayRefuses(gatewayBadParam, "Invalid parameter: "+name+" is more than 15 minutes away from the server's time")
	}
	return nil
}
