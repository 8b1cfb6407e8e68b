// Finds the statements of the code: templates of Kysely's `sql`, put together with the fragments that they are made of.
import ts from 'typescript';

export interface Statement {
  /** `file:line`. */
  place: string;
  /** With `$1` for the first value, as it is sent. */
  text: string;
  /** What the code says a row is; undefined: it does not look at rows. */
  row: ts.Type | undefined;
  node: ts.Node;
}

/** A fragment that stands in another place is what it was given there. */
type Given = Map<ts.Symbol, { node: ts.Expression; given: Given }>;

/** Stands for a value until all are there to be numbered. */
const VALUE = '\0';

/**
 * Where the code chooses between fragments: variant 0 takes the shortest, variant 1 the longest, and of the results of a function the
 * first and the last; the others take those in between. So each choice is in some variant.
 */
const VARIANTS = [0, 1, 2, 3];

/** All statements of some files, each in its variants. A template that others are made of is a fragment, and no statement. */
export function findStatements(program: ts.Program, files: readonly ts.SourceFile[]): Statement[] {
  const checker = program.getTypeChecker();
  const statements: Statement[] = [];
  for (const file of files) visit(file, file);
  return statements;

  function visit(node: ts.Node, file: ts.SourceFile): void {
    if (isSql(node) && isExecuted(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      const place = `${file.fileName}:${line + 1}`;
      const row = node.typeArguments?.[0] && checker.getTypeFromTypeNode(node.typeArguments[0]);
      const texts = VARIANTS.map((variant) => compile(node, variant));
      for (const text of new Set(texts)) statements.push({ place, text, row, node });
    }
    ts.forEachChild(node, (child) => visit(child, file));
  }

  function compile(node: ts.TaggedTemplateExpression, variant: number): string {
    const whole = variant > 0;
    let values = 0;
    return template(node, new Map()).replaceAll(VALUE, () => `$${(values += 1)}`);

    function template({ template: text }: ts.TaggedTemplateExpression, given: Given): string {
      if (ts.isNoSubstitutionTemplateLiteral(text)) return text.text;
      return text.templateSpans.reduce(
        (before, span) => before + write(span.expression, given) + span.literal.text,
        text.head.text,
      );
    }

    function write(expression: ts.Expression, given: Given): string {
      return fragment(expression, given) ?? VALUE;
    }

    function fragment(wrapped: ts.Expression, given: Given): string | null {
      const node = unwrap(wrapped);
      if (isSql(node)) return template(node, given);
      if (ts.isConditionalExpression(node)) {
        const branches = [node.whenTrue, node.whenFalse].flatMap((branch) => fragment(branch, given) ?? []);
        branches.sort((a, b) => a.length - b.length);
        return (whole ? branches.at(-1) : branches[0]) ?? null;
      }
      if (ts.isIdentifier(node)) {
        const symbol = symbolOf(node);
        const bound = symbol && given.get(symbol);
        if (bound) return fragment(bound.node, bound.given);
        const made = symbol?.valueDeclaration;
        if (made && ts.isParameter(made) && isFragment(node)) return givenBySomebody(made);
        return made && ts.isVariableDeclaration(made) && made.initializer && isFragment(node)
          ? fragment(made.initializer, given)
          : null;
      }
      if (ts.isCallExpression(node)) return builtIn(node, given) ?? called(node, given);
      return null;
    }

    /** What the callers of a function in its file give it: each variant what another of them gives. */
    function givenBySomebody(parameter: ts.ParameterDeclaration): string {
      const calls: ts.CallExpression[] = [];
      const callee = symbolOf((parameter.parent as ts.FunctionDeclaration).name!);
      const look = (node: ts.Node): void => {
        if (ts.isCallExpression(node) && symbolOf(node.expression) === callee) calls.push(node);
        ts.forEachChild(node, look);
      };
      look(parameter.getSourceFile());
      const argument =
        calls[variant % calls.length]?.arguments[parameter.parent.parameters.indexOf(parameter)];
      const text = argument && fragment(argument, new Map());
      if (text === undefined || text === null)
        throw new Error(`${where(parameter)}: a fragment that nobody here gives`);
      return text;
    }

    /** `sql.join`, `sql.ref` and their like. */
    function builtIn(node: ts.CallExpression, given: Given): string | null {
      const { expression, arguments: args } = node;
      if (!ts.isPropertyAccessExpression(expression) || expression.expression.getText() !== 'sql')
        return null;
      if (expression.name.text === 'join')
        return elements(args[0]!, given).join(args[1] ? fragment(args[1], given)! : ', ');
      const names = args.map((argument) => literal(argument, given));
      return expression.name.text === 'raw'
        ? names[0]!
        : names
            .flatMap((name) => name.split('.'))
            .map((name) => `"${name}"`)
            .join('.');
    }

    function literal(expression: ts.Expression, given: Given): string {
      const node = unwrap(expression);
      if (ts.isStringLiteralLike(node)) return node.text;
      if (ts.isTemplateExpression(node))
        return node.templateSpans.reduce(
          (before, span) => before + literal(span.expression, given) + span.literal.text,
          node.head.text,
        );
      const bound = ts.isIdentifier(node) && given.get(symbolOf(node)!);
      if (bound) return literal(bound.node, bound.given);
      const type = checker.getTypeAtLocation(node);
      const [first] = type.isUnion() ? type.types : [type];
      if (first?.isStringLiteral()) return first.value;
      throw new Error(`${where(node)}: its text is not known: ${node.getText()}`);
    }

    /** The fragments of a list: those it begins with, and, in the whole statement, those that are pushed. */
    function elements(expression: ts.Expression, given: Given): string[] {
      const node = unwrap(expression);
      if (ts.isArrayLiteralExpression(node))
        return node.elements
          .filter((element) => whole || !isOptional(element))
          .map((element) => write(element, given));
      if (isCallOf(node, 'filter')) return elements(node.expression.expression, given);
      if (ts.isIdentifier(node)) {
        const symbol = symbolOf(node);
        const bound = symbol && given.get(symbol);
        if (bound) return elements(bound.node, bound.given);
        const made = symbol?.valueDeclaration;
        if (made && ts.isVariableDeclaration(made) && made.initializer) {
          const pushed = whole ? pushesTo(symbol, made) : [];
          return [...elements(made.initializer, given), ...pushed.map((element) => write(element, given))];
        }
      }
      // One of many that are made alike.
      if (isCallOf(node, 'map')) {
        const [result] = resultsOf(node.arguments[0]!);
        if (result) return [write(result, given)];
      }
      throw new Error(`${where(node)}: a list whose elements are not known: ${node.getText()}`);
    }

    function called(node: ts.CallExpression, given: Given): string | null {
      if (!isFragment(node)) return null;
      const symbol = symbolOf(node.expression);
      const made = symbol?.valueDeclaration;
      const callee = made && ts.isVariableDeclaration(made) ? made.initializer : made;
      if (!callee || !ts.isFunctionLike(callee))
        throw new Error(`${where(node)}: a fragment that is not known: ${node.getText()}`);
      const bound: Given = new Map(given);
      callee.parameters.forEach(({ name }, index) => {
        const argument = node.arguments[index];
        if (argument && ts.isIdentifier(name))
          bound.set(checker.getSymbolAtLocation(name)!, { node: argument, given });
      });
      const results = resultsOf(callee);
      const result =
        variant === 1 ? results.at(-1) : results[Math.min(Math.max(0, variant - 1), results.length - 1)];
      if (!result) throw new Error(`${where(node)}: a fragment without a result: ${node.getText()}`);
      return fragment(result, bound);
    }
  }

  /** What a function returns, in the order in which it is written. */
  function resultsOf(callee: ts.Node): ts.Expression[] {
    if (ts.isArrowFunction(callee) && !ts.isBlock(callee.body)) return [callee.body];
    const results: ts.Expression[] = [];
    const look = (node: ts.Node): void => {
      if (ts.isReturnStatement(node) && node.expression) results.push(node.expression);
      else if (!ts.isFunctionLike(node)) ts.forEachChild(node, look);
    };
    ts.forEachChild(callee, look);
    return results;
  }

  function pushesTo(list: ts.Symbol | undefined, made: ts.Node): ts.Expression[] {
    const pushed: ts.Expression[] = [];
    const look = (node: ts.Node): void => {
      if (
        ts.isCallExpression(node) &&
        ts.isPropertyAccessExpression(node.expression) &&
        node.expression.name.text === 'push' &&
        symbolOf(node.expression.expression) === list
      )
        pushed.push(...node.arguments);
      ts.forEachChild(node, look);
    };
    look(ts.findAncestor(made, ts.isBlock) ?? made.getSourceFile());
    return pushed;
  }

  function symbolOf(node: ts.Node): ts.Symbol | undefined {
    const symbol = checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function isFragment(node: ts.Node): boolean {
    return /\b(RawBuilder|Sql)\b/.test(checker.typeToString(checker.getTypeAtLocation(node)));
  }
}

const isSql = (node: ts.Node): node is ts.TaggedTemplateExpression =>
  ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'sql';

/** `sql\`…\`.execute(…)`: a statement, and no fragment of one. */
const isExecuted = (node: ts.TaggedTemplateExpression): boolean =>
  ts.isPropertyAccessExpression(node.parent) && ['execute', 'compile'].includes(node.parent.name.text);

type MethodCall = ts.CallExpression & { expression: ts.PropertyAccessExpression };

const isCallOf = (node: ts.Node, method: string): node is MethodCall =>
  ts.isCallExpression(node) &&
  ts.isPropertyAccessExpression(node.expression) &&
  node.expression.name.text === method;

/** `condition ? fragment : null`. */
const isOptional = (node: ts.Expression): boolean =>
  ts.isConditionalExpression(node) &&
  [node.whenTrue, node.whenFalse].some((branch) => branch.kind === ts.SyntaxKind.NullKeyword);

function unwrap(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)
    ? unwrap(node.expression)
    : node;
}

function where(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
