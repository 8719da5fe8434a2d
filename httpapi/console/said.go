package console

import (
	"regexp"
	"strings"
)

// What the server says of a mistake is English, in the API as in the log, and often has a part of what was typed in it. A page says it in its own
// language: the message is looked up as it is, or held against the formats below, whose %s stand for the parts. One that is new is shown in English
// until it is here as well; a test reads the sources for them.

// saidFormats are keys of the catalogue. The first that fits is taken, so what is more exact comes first.
var saidFormats = []string{
	`the query is longer than %s bytes`,
	`the query is not UTF-8 here`,
	`this quote is never closed; write \" for a quote inside quotes`,
	`put a space here`,
	`put a space before (, or quotes around text with parentheses`,
	`put a space before the quote, or quotes around all of it with \" for the quote inside`,
	`* ends a word or a field's value, not quotes`,
	`* is possible only at the end of a word; put quotes around text that has one inside`,
	`this ) closes nothing; put quotes around text that contains it`,
	`the query ends where a word or field should follow`,
	`a word or field is missing before ); put quotes around text with parentheses`,
	`a word or field is missing before this operator; put quotes around it to find it as a word`,
	`nothing follows -; write -word to exclude a word, "-" in quotes otherwise`,
	`this ( is never closed; put quotes around text that contains it`,
	`nested deeper than %s levels`,
	`more than %s words and values`,
	`nothing is between the quotes`,
	`* needs the beginning of a word before it; field:* finds events that have the field`,
	`write details."path":value`,
	`%s: needs a value here, without a space before it`,
	`%s: takes one time`,
	`%s is no period of time; write %s`,
	`%s is no time; write %s`,
	`%s: is never %s; it is one of %s`,
	`ip: %s is no address range; write 10.0.0.0/8 or 2001:db8::/32`,
	`there is no field %s (did you mean %s?). Fields are %s. Put quotes around text that has a colon`,
	`there is no field %s. Fields are %s. Put quotes around text that has a colon`,
	`details needs a path: details.request_id:value. Fields are %s. Put quotes around text that has a colon`,
	`%s cannot be one: letters, digits and signs without spaces`,
	`%s is %s bytes, the limit is %s`,
	`is %s bytes, the limit is %s`,
	`%s is not an address such as amy@example.com`,
	`%s is another account's`,
	`%s is not one of %s`,
	`%s is not in the future`,
	`is empty; a role is needed`,
	`has %s, the limit is %s`,
	`name tenants, or say all_tenants, and not both`,
	`%s takes no events from outside`,
	`%s has a control character at byte %s`,
	`has a character that is none to type, such as a control character`,
	`is %s characters long, the least is %s`,
	`has %s different characters, the least is %s`,
	`is not to be chosen with this link`,
	`is wrong, has been used or is too old`,
	`%s says what its people are called and may do; only disabled can be changed here`,
	`the account has no password here: %s vouches for it`,
	`the account is disabled, and a link would open nothing: enable it first`,
	`the account is disabled; ask an administrator`,
	`the account has no second factor`,
	`no second factor is asked for`,
	`no second factor waits to be confirmed; begin with %s`,
	`too many people sign in at once; try again in a moment`,
	`too many tries have failed, from here or with this name`,
	`people sign in over TLS, or on the server's own machine at a loopback address; behind a proxy that has TLS, name it with --trusted-proxies and let it send X-Forwarded-Proto`,
	`the sign-in provider refused: %s`,
	`there are %s views of yours already, which is the limit; delete one first`,
	`the form cannot be read: %s`,
	`is not that of an address: %s`,
	`%s sends more than %s requests a second`,
	`more than %s requests a second come with this %s`,
	`no such path; /api/v1/openapi.json describes what is here`,
	`not found`,
	`the token is not known, has expired or was revoked`,
	`the session is not known, has ended or has expired: sign in again`,
}

// saidPatterns find the parts.
var saidPatterns = func() (all []*regexp.Regexp) {
	for _, format := range saidFormats {
		all = append(all, regexp.MustCompile("(?s)^"+strings.ReplaceAll(regexp.QuoteMeta(format), "%s", "(.+?)")+"$"))
	}
	return all
}()

// Said is a message of the server's in the page's language, if the catalogue has it.
func (p page) Said(message string) string {
	if p.Lang == "en" {
		return message
	}
	if chinese[message] != "" {
		return p.T(message)
	}
	for i, pattern := range saidPatterns {
		if found := pattern.FindStringSubmatch(message); found != nil {
			parts := make([]any, 0, len(found))
			for _, part := range found[1:] {
				parts = append(parts, part)
			}
			return p.T(saidFormats[i], parts...)
		}
	}
	return message
}
