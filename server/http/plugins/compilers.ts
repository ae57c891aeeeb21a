// Compilers of schemas that remember: routes share many schemas, and every instance of a process all of them. What is compiled depends on
// the schema and the options alone.
import ajvCompiler from '@fastify/ajv-compiler'
import serializerCompiler from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type Factories = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

const remembered = new Map<string, unknown>()

/** `build` makes a compiler for schemas and options; the compiler compiles each different schema once. */
function remembering(kind: string, build: (externals: unknown, options: unknown) => (route: { schema: unknown }) => unknown) {
  return (externals: unknown, options: unknown) => {
    const prefix = `${kind} ${JSON.stringify([externals, options])} `
    const compile = build(externals, options)
    return (route: { schema: unknown }): unknown => {
      const key = prefix + JSON.stringify(route.schema)
      const known = remembered.get(key)
      if (known !== undefined) return known
      const compiled = compile(route)
      remembered.set(key, compiled)
      return compiled
    }
  }
}

export const compilersFactory = {
  buildValidator: remembering('validator', ajvCompiler.AjvCompiler() as never) as unknown as NonNullable<Factories['buildValidator']>,
  buildSerializer: remembering('serializer', serializerCompiler() as never) as unknown as NonNullable<Factories['buildSerializer']>
}
