// The tables of an instance as a backup sees them: names, columns, and an order in which references come first.
import type pg from 'pg'

export interface Table {
  name: string
  /** Columns that are written; generated ones are not. */
  columns: string[]
}

/** Holds what the migrations did, not what people did. */
const NOT_CONTENT = ['schema_migrations']

/** Every table of the schema public, referenced tables before the ones that reference them. */
export async function listTables(client: pg.ClientBase): Promise<Table[]> {
  const names = await client.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
     group by c.relname order by c.relname`
  )
  const links = await client.query<{ child: string; parent: string }>(
    `select distinct conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
     where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid`
  )
  const content = names.rows.filter(({ name }) => !NOT_CONTENT.includes(name))
  return inOrder(content, links.rows)
}

function inOrder(tables: Table[], links: { child: string; parent: string }[]): Table[] {
  const ordered: Table[] = []
  let left = tables
  while (left.length > 0) {
    const names = new Set(left.map(({ name }) => name))
    const free = left.filter(({ name }) => !links.some((link) => link.child === name && names.has(link.parent)))
    if (free.length === 0) throw new Error(`tables reference each other in a circle: ${[...names].join(', ')}`)
    ordered.push(...free)
    left = left.filter((table) => !free.includes(table))
  }
  return ordered
}
