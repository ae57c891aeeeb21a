// Files of registers and maps: read with whatever separator, their columns known by name.
import t from 'tap'
import { guessFields, readDirectoryFile } from './directory-file.ts'

t.test('tables with semicolons, commas or tabs, and GeoJSON, are read alike', async (t) => {
  for (const separator of [';', ',', '\t']) {
    const table = readDirectoryFile(
      ['Nom', 'Code postal', 'Téléphone'].join(separator) + '\r\n' + ['"Club; de, foot"', '35000', "'+33 2 99"].join(separator) + '\n'
    )
    t.same(table.columns, ['Nom', 'Code postal', 'Téléphone'])
    t.same(table.records, [{ line: 2, cells: ['Club; de, foot', '35000', '+33 2 99'] }])
    t.same(guessFields(table.columns), ['name', 'postalCode', 'phone'])
  }
  const features = [
    {
      type: 'Feature',
      id: 'node/1',
      geometry: { type: 'Point', coordinates: [-1.6, 48.1] },
      properties: { name: 'Four', 'addr:city': 'Bourg' }
    }
  ]
  const map = readDirectoryFile(JSON.stringify({ type: 'FeatureCollection', features }))
  t.same(guessFields(map.columns), ['key', 'name', 'locality', 'latitude', 'longitude'])
  t.same(map.records, [{ line: 1, cells: ['node/1', 'Four', 'Bourg', '48.1', '-1.6'] }])
  t.same(readDirectoryFile('{"features": 3}').records, [])
  t.same(readDirectoryFile('{oops').records, [])
  t.same(readDirectoryFile('').records, [])
})

t.test('a field is guessed once', async (t) => {
  t.same(guessFields(['titre', 'nom', 'objet', 'autre']), ['name', null, 'description', null])
})
