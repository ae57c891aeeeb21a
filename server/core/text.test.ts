// The text people type and the HTML that comes of it.
import t from 'tap'
import { renderText, splitText, type TextLinks } from './text.ts'

const links: TextLinks = {
  tagUrl: (name) => `https://commune.test/tags/${name.toLowerCase()}`,
  mentionUrl: (username, host) => (username === 'nobody' ? null : `https://${host ?? 'commune.test'}/@${username}`)
}
const html = (text: string): string => renderText(splitText(text), links)

t.test('paragraphs and line breaks are kept', async (t) => {
  t.equal(html('Bonjour\nà tous\n\nFin'), '<p>Bonjour<br>à tous</p><p>Fin</p>')
  t.equal(html('un\r\ndeux'), '<p>un<br>deux</p>')
  t.equal(html('  \n '), '')
})

t.test('what looks like HTML is text', async (t) => {
  t.equal(html('<script>alert("1")</script> & co'), '<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; co</p>')
})

t.test('a hashtag links to its page; a number alone is no hashtag', async (t) => {
  t.match(
    html('Fête #Été2026 !'),
    '<a href="https://commune.test/tags/été2026" class="mention hashtag" rel="tag">#<span>Été2026</span></a> !'
  )
  t.equal(html('le #1 et page#ancre'), '<p>le #1 et page#ancre</p>')
})

t.test('a mention links to the person, an unknown one stays text', async (t) => {
  t.match(
    html('salut @bob@mastodon.example.'),
    '<span class="h-card"><a href="https://mastodon.example/@bob" class="u-url mention">@<span>bob</span></a></span>.'
  )
  t.match(html('@alice'), 'https://commune.test/@alice')
  t.equal(html('@nobody'), '<p>@nobody</p>')
  t.same(
    splitText('mail alice@commune.test').map((part) => part.kind),
    ['text']
  )
  t.same(splitText('@bob@127.0.0.1:3001'), [{ kind: 'mention', username: 'bob', host: '127.0.0.1:3001' }])
})

t.test('a link keeps its brackets and leaves the sentence its full stop', async (t) => {
  t.same(splitText('voir https://fr.wikipedia.org/wiki/Saint-Leu_(La_R%C3%A9union).'), [
    { kind: 'text', text: 'voir ' },
    { kind: 'link', url: 'https://fr.wikipedia.org/wiki/Saint-Leu_(La_R%C3%A9union)' },
    { kind: 'text', text: '.' }
  ])
  t.match(html('(https://commune.test/a?b=1&c=2)'), 'href="https://commune.test/a?b=1&amp;c=2"')
  t.same(splitText('https://commune.test/@alice#x').length, 1)
})

t.test('a link cannot break out of its attribute', async (t) => {
  t.notMatch(html(`https://x.test/"onmouseover="alert(1)`), / onmouseover=/)
  t.notMatch(html(`https://x.test/'onmouseover='alert(1)`), /'onmouseover/)
})
