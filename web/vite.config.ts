import { dirname } from 'node:path';
import ui from '@nuxt/ui/vite';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { listBundledPackages } from './bundled-packages.ts';
import { precompileMessages } from './precompile-messages.ts';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    precompileMessages(),
    listBundledPackages(dirname(import.meta.dirname)),
    vue(),
    ui({
      // Fonts and icons are bundled: no request leaves the machine.
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'] } } },
      autoImport: false,
      components: { dts: 'components.d.ts', dirs: [] },
      ui: {
        // Indigo: the default green has too little contrast under white text.
        colors: { primary: 'indigo', neutral: 'zinc' },
        // Under the pointer too: its own 75 % leave a contrast of 4.0.
        button: {
          compoundVariants: [
            { color: 'primary', variant: 'solid', class: 'hover:bg-primary/90 active:bg-primary/90' },
          ],
        },
      },
      experimental: { componentDetection: true },
    }),
  ],
  define: {
    __VUE_OPTIONS_API__: 'false',
    // What we do not use of vue-i18n: 2.4 kB (gzip) of every first load.
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 700,
    // What most pages need in one file: the first load has 18 files instead of 45, and compresses to 136 kB instead of 144.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 12 }] } } },
  },
  server: { proxy: { '/api': 'http://localhost:8000', '/docs': 'http://localhost:8000' } },
});
