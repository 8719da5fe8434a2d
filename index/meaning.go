package index

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"

	"annals/engine"

	"github.com/cespare/xxhash/v2"
)

// meaning is a digest of the terms and column values that the engine gives a specimen event. Every segment carries it, so that one built
// before the analysis changed is thrown away, though its format is the same.
var meaning = sync.OnceValue(func() uint64 {
	d := xxhash.New()
	put := func(b []byte) {
		_, _ = d.Write(binary.AppendUvarint(nil, uint64(len(b)))) // never fails
		_, _ = d.Write(b)
	}
	e := specimen()
	new(engine.Analyzer).EventTerms(e, put)
	for _, s := range engine.Sizes { // the specimen, which was never stored, has none
		put([]byte(s.Name))
		put(binary.AppendUvarint(nil, uint64(s.Bytes)))
	}
	for _, c := range engine.IndexedColumns {
		put([]byte(c))
		for _, v := range engine.ColumnValues(e, c, nil) {
			put([]byte(v))
			put([]byte(engine.FoldValue(v)))
		}
	}
	return d.Sum64()
})

// specimen has something of everything that analysis treats in its own way.
func specimen() *engine.Event {
	const text = "Ünïcode ＦＵＬＬ-width ｶﾞ 管理者が作成しました 服务创建 한국어 ไทย 🙂 it's a.b_c@d/e-f C:\\x\\y +1 10.0.0.9 " +
		"0198f6a0-1111-7222-8333-444455556666 e\u0301 \u200bzero \u00adsoft \xff <b>&amp;</b>"
	long := strings.Repeat("long", 100)
	write := true
	return &engine.Event{
		ID: "specimen", Time: time.Unix(1, 2).UTC(), Tenant: "Acme",
		Actor:  engine.Actor{ID: "U1", Name: "Amy Ä", Email: "Amy@X.test", Domain: "corp.example", Type: "member"},
		Action: "API service.create", Operation: engine.OpCreate, Result: engine.Failure,
		Error:   &engine.EventError{Code: "E-409", Message: text},
		Project: engine.Ref{ID: "P1", Name: "Shop"}, Module: "API management",
		Resources: []engine.Resource{
			{Type: "API", ID: "r1", Name: "orders", Content: "limit=5"}, {Type: "Group", ID: "r2", Name: long}, {Type: "API", Name: "orders"},
		},
		Description: text + " " + long, Source: engine.Source{IP: "::FFFF:10.0.0.9", UserAgent: "curl/8.1 (X; Y)", Channel: "Console"},
		Write: &write, Dangerous: true,
		Details: []byte(fmt.Sprintf(`{"Key One":"Value","n":1.50e3,"b":true,"z":null,"list":["a",{"deep":{"er":%q}}],"empty":{}}`, strings.ToValidUTF8(text, ""))),
	}
}
